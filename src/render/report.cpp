#include "render/report.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "base/text.h"
#include "render/chart.h"
#include "render/chart_data.h"
#include "render/chart_scale.h"
#include "render/html_table.h"
#include "render/lanes.h"
#include "render/report_assets.h"
#include "render/report_tables.h"
#include "render/report_tiles.h"

namespace duress::render {

namespace {

using observe::Recording;

// The first bytes of every page.
constexpr std::string_view kBeginning = "<!doctype html>\n<!-- made by duress report -->\n";

// Columns of a chart: what a wide screen can show of one, fewer where many share the page.
constexpr std::size_t kMostBuckets = 1500;
constexpr std::size_t kLeastBuckets = 200;
constexpr std::size_t kBucketsOfPage = 4500;
constexpr int kMarksOfLane = 160;

// An eye-sized curve that meets its limit.
constexpr std::string_view kIcon =
    "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath "
    "fill='none' stroke='%23c4372f' stroke-width='2' d='M1 4h14'/%3E%3Cpath fill='none' "
    "stroke='%233b76c4' stroke-width='2' d='M1 14l5-9 3 6 3-6 3 3'/%3E%3C/svg%3E";

std::string name_of(const Recording& recording) {
  return recording.header.target.empty() ? "unnamed target" : quoted(recording.header.target, 120);
}

// "the time is over" as it may stand alone.
std::string whole_sentence(std::string text) {
  if (text.empty()) return text;
  if (text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  if (!text.ends_with('.')) text += '.';
  return text;
}

class Page {
 public:
  Page(std::span<const ReportPart> parts, const ReportOptions& options)
      : parts_(parts), options_(options), several_(parts.size() > 1) {}

  std::string write() {
    html_.raw(kBeginning);
    html_.open("html", {{"lang", "en"}});
    head();
    html_.open("body").leaf("a", {{"class", "skip"}, {"href", "#main"}}, "To the report");
    write_mark_shapes(html_);
    title();
    html_.open("main", {{"id", "main"}});
    if (several_) index();
    missing();
    for (std::size_t i = 0; i < parts_.size(); ++i) part(parts_[i], "r" + std::to_string(i + 1));
    html_.close();
    foot();
    // The script is last, so that it finds the page as it stands.
    html_.open("script").raw(kReportScript).close();
    html_.close().close();
    return html_.take();
  }

 private:
  void head() {
    const std::string policy = fmt::format(
        "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; "
        "form-action 'none'",
        csp_hash(kReportStyleSha256), csp_hash(kReportScriptSha256));
    html_.open("head")
        .empty("meta", {{"charset", "utf-8"}})
        .empty("meta", {{"http-equiv", "Content-Security-Policy"}, {"content", policy}})
        .empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}})
        .empty("meta", {{"name", "color-scheme"}, {"content", "light dark"}})
        .empty("meta", {{"name", "referrer"}, {"content", "no-referrer"}})
        .empty("meta", {{"name", "generator"}, {"content", "duress " + options_.duress_version}})
        .empty("link", {{"rel", "icon"}, {"href", kIcon}})
        .leaf("title", {}, page_name() + " – duress report")
        .open("style")
        .raw(kReportStyle)
        .close()
        .close();
  }

  [[nodiscard]] std::string page_name() const {
    if (parts_.empty()) return "nothing";
    if (several_) return fmt::format("{} recordings", parts_.size());
    return name_of(*parts_.front().recording);
  }

  void title() {
    html_.open("header", {{"class", "page"}})
        .leaf("p", {{"class", "brand"}}, "duress report")
        .open("h1")
        .leaf("bdi", {}, page_name())
        .close();
    if (!parts_.empty() && !several_) facts(*parts_.front().recording);
    html_.close();
  }

  void facts(const Recording& recording) {
    const observe::Header& header = recording.header;
    html_.open("p", {{"class", "facts"}});
    const std::string version =
        header.cgroup_version > 0 ? fmt::format("cgroup v{}", header.cgroup_version) : "";
    const std::string kernel = header.kernel.empty() ? "" : "Linux " + header.kernel;
    for (const std::string& fact : {wall_text(header.began), header.qos_class, version, kernel}) {
      if (!fact.empty()) html_.leaf("span", {}, fact).raw(" ");
    }
    html_.close();
  }

  void index() {
    html_.open("nav", {{"aria-labelledby", "index"}, {"class", "index"}})
        .leaf("h2", {{"id", "index"}}, "What happened to each")
        .open("ol");
    for (std::size_t i = 0; i < parts_.size(); ++i) {
      const explain::Verdict& verdict = *parts_[i].verdict;
      html_.open("li", {{"class", class_of(verdict.severity)}})
          .raw(severity_sign(verdict.severity))
          .leaf("span", {{"class", "word"}}, word_of(verdict.severity))
          .open("div")
          .open("a", {{"href", "#r" + std::to_string(i + 1)}})
          .leaf("bdi", {}, name_of(*parts_[i].recording))
          .close()
          .leaf("p", {}, verdict.sentence)
          .close()
          .close();
    }
    html_.close().close();
  }

  void missing() {
    if (options_.missing.empty()) return;
    html_.open("section", {{"aria-labelledby", "missing"}, {"class", "missing"}})
        .leaf("h2", {{"id", "missing"}}, "Not in this report")
        .open("ul");
    for (const std::string& one : options_.missing) html_.leaf("li", {}, one);
    html_.close().close();
  }

  [[nodiscard]] std::string heading(int below = 0) const {
    return "h" + std::to_string((several_ ? 3 : 2) + below);
  }

  void part(const ReportPart& part, const std::string& id) {
    const Recording& recording = *part.recording;
    const Course course = course_of(recording);
    html_.open("article", {{"id", id}, {"class", "part"}});
    if (several_) {
      html_.open("header").open("h2").leaf("bdi", {}, name_of(recording)).close();
      facts(recording);
      html_.close();
    }
    verdict(recording, *part.verdict, course, id);
    chart(recording, course, id);
    const TableOptions options{several_ ? 3 : 2, id, part.file};
    html_.open("div", {{"class", "beside"}});
    open_section(html_, options.heading, "Figures");
    write_figures(html_, recording, course, options);
    html_.close();
    write_timeline(html_, recording, *part.verdict, options);
    html_.close();
    write_kills(html_, recording, options);
    write_processes(html_, recording, options);
    write_target(html_, recording, options);
    write_commands(html_, recording, options);
    html_.close();
  }

  void sentences(std::string_view title, const std::vector<std::string>& lines) {
    if (lines.empty()) return;
    html_.leaf(heading(1), {}, title).open("ul");
    for (const std::string& line : lines) html_.leaf("li", {}, line);
    html_.close();
  }

  void verdict(const Recording& recording, const explain::Verdict& verdict, const Course& course,
               const std::string& id) {
    html_
        .open("section", {{"class", "verdict " + std::string(class_of(verdict.severity))},
                          {"aria-labelledby", id + "-verdict"}})
        .open(heading(), {{"id", id + "-verdict"}})
        .raw(severity_sign(verdict.severity))
        .leaf("span", {{"class", "word"}}, word_of(verdict.severity))
        .leaf("code", {}, explain::name_of(verdict.finding))
        .close()
        .leaf("p", {{"class", "sentence"}}, verdict.sentence);
    write_tiles(html_, recording, verdict, course);
    html_.open("div", {{"class", "columns"}}).open("div");
    sentences("Evidence", verdict.evidence);
    sentences("Besides", verdict.also);
    html_.close().open("div");
    sentences("What to change", verdict.advice);
    forecast(recording, verdict);
    if (recording.end && !recording.end->message.empty()) {
      html_.leaf(heading(1), {}, "How the load ended")
          .leaf("p", {}, whole_sentence(recording.end->message));
    }
    html_.close().close().close();
  }

  void forecast(const Recording& recording, const explain::Verdict& verdict) {
    if (!recording.foretold && verdict.foretold.empty()) return;
    std::string_view title = "The forecast";
    if (verdict.as_foretold) {
      title = *verdict.as_foretold ? "The forecast came true" : "The forecast did not come true";
    }
    html_.leaf(heading(1), {}, title)
        .leaf("p", {}, verdict.foretold.empty() ? recording.foretold->sentence : verdict.foretold);
  }

  void chart(const Recording& recording, const Course& course, const std::string& id) {
    const std::size_t share = kBucketsOfPage / std::max<std::size_t>(1, parts_.size());
    const std::size_t buckets = std::clamp(share, kLeastBuckets, kMostBuckets);
    const Lanes lanes = lanes_of(recording, course.length, kMarksOfLane);
    const std::vector<std::size_t> looks = looks_kept(course, buckets);
    html_.open("section", {{"aria-labelledby", id + "-course"}})
        .leaf(heading(), {{"id", id + "-course"}}, "Course")
        .open("figure", {{"class", "chart"}, {"aria-labelledby", id + "-course"}});
    const Shown shown = course.size() > 0 ? shown_look(course, recording) : Shown{};
    html_.open("p", {{"class", "readout"}})
        .leaf("b", {{"class", "when"}},
              course.size() > 0 ? clock_text_fine(course.at[shown.index]) : "")
        .leaf("span", {{"class", "what"}}, shown.name)
        .close();
    write_chart(html_, recording, course, lanes, {id, buckets, several_ ? 4 : 3, shown.index});
    html_.open("figcaption");
    for (const std::string& sentence : chart_in_words(recording, course, lanes)) {
      html_.leaf("p", {}, sentence);
    }
    left_out(recording, course, lanes, buckets, looks.size());
    html_.close();
    html_.open("script", {{"type", "application/json"}})
        .raw(chart_data(course, lanes, looks, shown))
        .close()
        .close();
    write_chart_table(html_, course, {several_ ? 3 : 2, id, {}});
    html_.close();
  }

  void left_out(const Recording& recording, const Course& course, const Lanes& lanes,
                std::size_t buckets, std::size_t read_out) {
    std::string text;
    if (course.size() > 2 * buckets) {
      text = fmt::format(
          "Drawn from {} looks in {} columns; the least and the greatest value of each are kept. ",
          course.size(), buckets);
    }
    if (read_out < course.size()) {
      text += fmt::format("{} of the {} looks can be read out: those of highest use. ", read_out,
                          course.size());
    }
    std::size_t events = 0;
    for (const std::size_t count : lanes.counts) events += count;
    if (lanes.marks.size() < events) {
      text += fmt::format("{} events are drawn as {} marks. ", events, lanes.marks.size());
    }
    if (recording.looks_taken > static_cast<std::int64_t>(course.size())) {
      text += fmt::format("The recording keeps {} of {} looks, evenly. ", course.size(),
                          recording.looks_taken);
    }
    if (!text.empty()) html_.leaf("p", {{"class", "left-out"}}, trim(text));
  }

  void foot() {
    html_.open("footer").open("p").text(
        "Application: what is neither cache nor Duress’s, with shared memory and what the kernel "
        "holds for it. Working set: usage without inactive file cache, what a kubelet evicts by. "
        "Asked-for level: the usage that the target would have with all of the load. CPU: over the "
        "last half second.");
    html_.close()
        .leaf("p", {},
              "Made by duress " + options_.duress_version +
                  ". This page is one file and asks for nothing from any network.")
        .close();
  }

  std::span<const ReportPart> parts_;
  const ReportOptions& options_;
  bool several_;
  Html html_;
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return 0;
}

}  // namespace

std::string csp_hash(std::string_view hex) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out = "sha256-";
  unsigned bits = 0;
  int count = 0;
  for (const char c : hex) {
    bits = (bits << 4U) | static_cast<unsigned>(hex_digit(c));
    count += 4;
    if (count < 6) continue;
    count -= 6;
    out += digits[(bits >> static_cast<unsigned>(count)) & 63U];
  }
  if (count > 0) out += digits[(bits << static_cast<unsigned>(6 - count)) & 63U];
  while ((out.size() - 7) % 4 != 0) out += '=';
  return out;
}

std::string report_page(std::span<const ReportPart> parts, const ReportOptions& options) {
  return Page(parts, options).write();
}

bool is_report(std::string_view beginning) { return beginning.starts_with(kBeginning); }

}  // namespace duress::render
