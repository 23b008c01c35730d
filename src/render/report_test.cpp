#include "render/report.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "render/report_assets.h"
#include "render/report_samples_test.h"
#include "render/report_tables.h"

namespace duress::render {
namespace {

using observe::Recording;

std::string page_of(const std::vector<Recording>& recordings) {
  std::vector<explain::Verdict> verdicts;
  for (const Recording& recording : recordings) verdicts.push_back(explain::judge(recording));
  std::vector<ReportPart> parts;
  for (std::size_t i = 0; i < recordings.size(); ++i) {
    parts.push_back({&recordings[i], &verdicts[i], "web.duress"});
  }
  return report_page(parts, {"0.1.0"});
}

TEST(Report, NamesWhatThereIsNoRecordingOf) {
  const Recording recording = calm_sample();
  const explain::Verdict verdict = explain::judge(recording);
  const ReportPart part{&recording, &verdict, ""};
  EXPECT_EQ(report_page({&part, 1}, {"0.1.0"}).find("Not in this report"), std::string::npos);
  const std::string page = report_page({&part, 1}, {"0.1.0", {"shop/b/app: <none>"}});
  EXPECT_NE(page.find("Not in this report"), std::string::npos);
  EXPECT_NE(page.find("shop/b/app: &lt;none&gt;"), std::string::npos);
}

// Style and scripts are not markup of the page.
std::string without_embedded(const std::string& page) {
  std::string out;
  std::size_t at = 0;
  while (true) {
    const std::size_t begin = std::min(page.find("<script", at), page.find("<style", at));
    if (begin == std::string::npos) return out + page.substr(at);
    const std::string end = page.compare(begin, 7, "<script") == 0 ? "</script>" : "</style>";
    out += page.substr(at, begin - at);
    at = page.find(end, begin) + end.size();
  }
}

// Headings, landmarks, figures and captions, one a line.
std::string outline(const std::string& page) {
  static const std::regex tag(
      "<(header|nav|main|article|section|figure|footer|h[1-6]|caption)[ >]([^<]*)");
  const std::string markup = without_embedded(page);
  std::string out;
  for (auto it = std::sregex_iterator(markup.begin(), markup.end(), tag);
       it != std::sregex_iterator(); ++it) {
    out += (*it)[1].str() + '\n';
  }
  return out;
}

// Pages are too long for a matcher's message.
bool has(const std::string& page, std::string_view what) {
  return page.find(what) != std::string::npos;
}

TEST(Report, HasTheStructureOfItsKind) {
  EXPECT_EQ(outline(page_of({calm_sample()})),
            "header\nh1\n"
            "main\narticle\n"
            "section\nh2\nh3\nh3\nh3\n"                       // verdict
            "section\nh2\nfigure\nh3\nh3\nh3\nh3\ncaption\n"  // course
            "section\nh2\ncaption\nsection\nh2\ncaption\n"    // figures, time line
            "section\nh2\ncaption\n"                          // processes
            "section\nh2\nsection\nh2\n"                      // target, commands
            "footer\n");
}

TEST(Report, HeadingsAreInOrder) {
  for (const auto& page : {page_of({sawtooth_sample()}),
                           page_of({calm_sample(), liveness_sample(), throttled_sample()})}) {
    int last = 0;
    static const std::regex heading("<h([1-6])[ >]");
    const std::string markup = without_embedded(page);
    for (auto it = std::sregex_iterator(markup.begin(), markup.end(), heading);
         it != std::sregex_iterator(); ++it) {
      const int level = std::stoi((*it)[1].str());
      EXPECT_LE(level, last + 1);
      last = level;
    }
    EXPECT_GT(last, 0);
  }
}

TEST(Report, SeveralHaveAnIndexThatLeadsToEach) {
  const std::string page = page_of({calm_sample(), liveness_sample()});
  EXPECT_TRUE(has(page, "<nav"));
  for (const char* id : {"r1", "r2"}) {
    EXPECT_TRUE(has(page, "href=\"#" + std::string(id) + '"'));
    EXPECT_TRUE(has(page, "<article id=\"" + std::string(id) + '"'));
  }
  EXPECT_FALSE(has(page_of({calm_sample()}), "<nav"));
}

TEST(Report, EveryIdIsThereOnceAndEveryReferenceLeadsToOne) {
  const std::string markup =
      without_embedded(page_of({sawtooth_sample(), liveness_sample(), throttled_sample()}));
  std::multiset<std::string> ids;
  static const std::regex id(" id=\"([^\"]+)\"");
  for (auto it = std::sregex_iterator(markup.begin(), markup.end(), id);
       it != std::sregex_iterator(); ++it) {
    ids.insert((*it)[1].str());
  }
  for (const std::string& each : ids) EXPECT_EQ(ids.count(each), 1U) << each;
  static const std::regex use("(aria-labelledby=\"|href=\"#)([^\"]+)\"");
  for (auto it = std::sregex_iterator(markup.begin(), markup.end(), use);
       it != std::sregex_iterator(); ++it) {
    std::istringstream words((*it)[2].str());
    for (std::string word; words >> word;) EXPECT_EQ(ids.count(word), 1U) << word;
  }
}

TEST(Report, WhatComesFromOutsideIsNoMarkup) {
  const std::string page = page_of({hostile_sample(), hostile_sample()});
  const std::string markup = without_embedded(page);
  EXPECT_FALSE(has(markup, "<img"));
  EXPECT_FALSE(has(markup, "<b></script"));
  EXPECT_FALSE(has(markup, "<svg onload"));
  EXPECT_TRUE(has(markup, "&lt;img src=x onerror=alert(1)&gt;"));
  // The page's own: two data blocks and one script, one style.
  const auto count = [&](const std::string& what) {
    std::size_t out = 0;
    for (std::size_t at = page.find(what); at != std::string::npos; at = page.find(what, at + 1)) {
      ++out;
    }
    return out;
  };
  EXPECT_EQ(count("<script"), 3U);
  EXPECT_EQ(count("</script"), 3U);
  EXPECT_EQ(count("</style"), 1U);
  EXPECT_EQ(count("<!--"), 1U);
}

TEST(Report, DataBlocksAreJsonThatAddsUp) {
  const std::string page = page_of({throttled_sample()});
  const std::string begin = "<script type=\"application/json\">";
  const std::size_t at = page.find(begin) + begin.size();
  const auto data = nlohmann::json::parse(page.substr(at, page.find("</script>", at) - at));
  std::int64_t last = 0;
  for (const auto& step : data["columns"]["at"]) last += step.get<std::int64_t>();
  EXPECT_NEAR(static_cast<double>(last) / 1000, data["length"].get<double>(), 0.001);
  EXPECT_EQ(data["columns"]["usage"].size(), data["columns"]["at"].size());
  EXPECT_TRUE(data["columns"].contains("memory-some"));
  EXPECT_FALSE(data["columns"].contains("asked"));
}

TEST(Report, PressureThatIsNotThereIsSaid) {
  EXPECT_TRUE(has(page_of({calm_sample()}), "Not available: the kernel gives no figures"));
  EXPECT_FALSE(has(page_of({throttled_sample()}), "Not available"));
}

TEST(Report, SeverityIsAWordAndAShape) {
  const std::string bad = page_of({liveness_sample()});
  EXPECT_TRUE(has(bad, "<span class=\"word\">Bad</span>"));
  EXPECT_NE(severity_sign(explain::Severity::kGood), severity_sign(explain::Severity::kBad));
}

TEST(Report, StaysSmallForALongRecordingAndSaysWhatItLeftOut) {
  const std::string page = page_of({long_sample(10, 1)});
  EXPECT_LT(page.size(), 1500U * 1000U);
  EXPECT_TRUE(has(page, "36021 looks in 1500 columns"));
}

TEST(Report, StaysSmallForManyKillsAndProcesses) {
  Recording recording = calm_sample();
  for (int i = 0; i < 20000; ++i) {
    observe::Event event;
    event.at = std::chrono::milliseconds(3 * i);
    event.kind = i % 2 == 0 ? observe::EventKind::kProcessCame : observe::EventKind::kOomKill;
    event.subject = "worker-with-name";
    event.pid = 1000 + i / 2;
    recording.events.push_back(event);
  }
  const std::string page = page_of({recording});
  EXPECT_LT(page.size(), 1500U * 1000U);
  EXPECT_TRUE(has(page, "kills are left out"));
}

TEST(Report, StandsARecordingWithNothingInIt) {
  EXPECT_TRUE(has(page_of({Recording{}}), "No look at the target was recorded."));
  Recording one;
  one.looks.resize(1);
  EXPECT_TRUE(has(page_of({one}), "unnamed target"));
  EXPECT_TRUE(has(page_of({}), "<main"));
}

TEST(Report, AllowsItsOwnStyleAndScriptAndNothingElse) {
  const std::string page = page_of({calm_sample()});
  EXPECT_TRUE(has(page, "default-src &#39;none&#39;"));
  EXPECT_TRUE(has(page, csp_hash(kReportScriptSha256)));
  EXPECT_FALSE(has(page, "unsafe-inline"));
  EXPECT_FALSE(std::regex_search(without_embedded(page), std::regex("(src|href)=\"https?:")));
  EXPECT_FALSE(std::regex_search(without_embedded(page), std::regex(" on[a-z]+=\"| style=\"")));
}

TEST(Report, KnowsItsOwn) {
  EXPECT_TRUE(is_report(page_of({calm_sample()}).substr(0, 256)));
  EXPECT_FALSE(is_report("<!doctype html>\n<html>"));
  EXPECT_FALSE(is_report(""));
}

TEST(CspHash, IsBase64OfTheDigest) {
  // printf '' | openssl dgst -sha256 -binary | base64
  EXPECT_EQ(csp_hash("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
            "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
}

TEST(ShellWords, AreReadBackAsTheyWere) {
  EXPECT_EQ(shell_words({"duress", "run", "--memory", "50%", "a b", "", "it's"}),
            R"(duress run --memory 50% 'a b' '' 'it'\''s')");
}

}  // namespace
}  // namespace duress::render
