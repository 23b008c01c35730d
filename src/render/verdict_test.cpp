#include "render/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "explain/course_test.h"
#include "render/table.h"

namespace duress::render {
namespace {

using explain::testing::Course;
using observe::EventKind;
using std::chrono::seconds;
using ::testing::HasSubstr;

explain::Verdict killed_often() {
  Course course;
  course.foretold("oom", "duress-memory");
  course.plan(mib(3000)).pass(seconds(1)).event(EventKind::kLoadStarted).asked(mib(3000));
  for (int i = 0; i < 9; ++i) {
    course.pass(seconds(1), mib(38), mib(460)).worker_killed(100 + i).pass(seconds(2));
    course.last_event().text =
        "the OOM killer took duress-memory (PID 100), one of Duress's own "
        "processes, which held 460 MiB: the limit of /kubepods/pod1/web was met";
  }
  course.end("stressorKilled", "the OOM killer took a worker", 9);
  return explain::judge(course.recording());
}

TEST(VerdictText, FitsTheColumns) {
  const auto verdict = killed_often();
  for (const std::size_t columns : {80U, 120U, 200U}) {
    std::istringstream text(verdict_text(verdict, columns));
    std::size_t widest = 0;
    for (std::string line; std::getline(text, line);) widest = std::max(widest, width(line));
    EXPECT_LE(widest, columns);
    EXPECT_GT(widest, 60U);
  }
}

TEST(VerdictText, BeginsWithTheSentenceAndHoldsAllParts) {
  const auto verdict = killed_often();
  const std::string text = verdict_text(verdict, 1000);
  EXPECT_TRUE(text.starts_with("The OOM killer took Duress's own worker 9 times")) << text;
  for (const char* head : {"\nEvidence\n", "\nWhat to change\n", "\nForetold: ", "time"}) {
    EXPECT_THAT(text, HasSubstr(head));
  }
  EXPECT_LT(text.find("Evidence"), text.find("What to change"));
  EXPECT_LT(text.find("What to change"), text.find("what happened"));
}

TEST(VerdictJson, HasTheNamesOfTheDocs) {
  const auto json = verdict_json(killed_often());
  EXPECT_EQ(json["finding"], "stressorOomKilled");
  EXPECT_EQ(json["severity"], "notice");
  EXPECT_EQ(json["stressorKills"], 9);
  EXPECT_EQ(json["applicationKills"], 0);
  EXPECT_EQ(json["applicationSurvived"], true);
  EXPECT_EQ(json["restarts"], 0);
  EXPECT_EQ(json["sawtooth"], 8);
  EXPECT_EQ(json["asForetold"], true);
  EXPECT_GT(json["evidence"].size(), 2U);
  EXPECT_TRUE(json["timeline"][0]["atSeconds"].is_number());
  EXPECT_EQ(json["timeline"][0]["severity"], "good");
  EXPECT_TRUE(verdict_json(explain::judge({}))["asForetold"].is_null());
}

}  // namespace
}  // namespace duress::render
