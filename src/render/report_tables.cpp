#include "render/report_tables.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>
#include <vector>

#include "base/text.h"
#include "render/chart_scale.h"
#include "render/html_table.h"
#include "render/lanes.h"

namespace duress::render {

namespace {

using observe::Look;
using observe::Recording;

constexpr std::size_t kChartRows = 24;
constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();

struct Figure {
  std::string name;
  Unit unit = Unit::kBytes;
  std::vector<double> column{};
  bool least = false;  // the lowest figure is the one that matters
};

std::vector<double> taken(const Recording& recording,
                          const std::function<double(const Look&)>& figure) {
  std::vector<double> out;
  out.reserve(recording.looks.size());
  for (const Look& look : recording.looks) out.push_back(figure(look));
  return out;
}

double number(const std::optional<Bytes>& bytes) {
  return bytes ? static_cast<double>(bytes->value) : kUnknown;
}

std::vector<Figure> figures_of(const Recording& recording, const Course& course) {
  const auto shmem = [](const Look& look) { return number(look.memory.shmem); };
  const auto kernel = [](const Look& look) { return number(look.memory.kernel); };
  const auto swap = [](const Look& look) { return number(look.memory.swap); };
  const auto free = [](const Look& look) { return number(look.node_available); };
  const auto processes = [](const Look& look) { return static_cast<double>(look.processes); };
  const auto held = [](const Look& look) { return number(look.held); };
  const auto refaults = [](const Look& look) { return static_cast<double>(look.memory.refaults); };
  return {
      {"usage", Unit::kBytes, course.usage},
      {"working set", Unit::kBytes, course.working_set},
      {"application", Unit::kBytes, course.application},
      {"cache", Unit::kBytes, course.cache},
      {"Duress’s processes", Unit::kBytes, course.ours},
      {"held for the load", Unit::kBytes, taken(recording, held)},
      {"shared memory", Unit::kBytes, taken(recording, shmem)},
      {"kernel memory", Unit::kBytes, taken(recording, kernel)},
      {"swapped out", Unit::kBytes, taken(recording, swap)},
      {"limit", Unit::kBytes, course.limit},
      {"CPU used", Unit::kCores, course.cpu},
      {"throttled periods", Unit::kPercent, course.throttled_percent},
      {"memory pressure, some", Unit::kPercent, course.memory_some},
      {"memory pressure, full", Unit::kPercent, course.memory_full},
      {"refaulted pages, in all", Unit::kNumber, taken(recording, refaults)},
      {"processes", Unit::kNumber, taken(recording, processes)},
      {"free on the node (least)", Unit::kBytes, taken(recording, free), true},
  };
}

std::optional<std::size_t> extreme_of(const Figure& figure) {
  if (!figure.least) return peak_of(figure.column);
  std::vector<double> turned = figure.column;
  for (double& value : turned) value = -value;
  return peak_of(turned);
}

void target_row(Html& html, std::string_view name, std::string_view value) {
  if (value.empty()) return;
  html.open("div").leaf("dt", {}, name).leaf("dd", {}, value).close();
}

std::string length_text(const Recording& recording) {
  if (recording.looks.empty()) return "no look at the target";
  const Duration last = recording.looks.back().at;
  std::string out = clock_text(seconds_of(last));
  const auto kept = static_cast<std::int64_t>(recording.looks.size());
  out += fmt::format(", {} looks", std::max(kept, recording.looks_taken));
  if (recording.looks_taken > kept) out += fmt::format(" ({} of them kept)", kept);
  return out;
}

std::string levels_text(const observe::Header& header) {
  std::string out;
  for (const cgroup::Level& level : header.levels) {
    if (!level.limit && !level.high) continue;
    out += fmt::format("{}{}:", out.empty() ? "" : "; ", quoted(level.path, 200));
    if (level.limit) out += " limit " + size_text(*level.limit);
    if (level.high) out += " high " + size_text(*level.high);
    if (level.oom_group) out += ", killed as a group";
  }
  return out;
}

std::string plan_text(const Recording& recording) {
  if (!recording.plan) return {};
  const observe::LoadPlan& plan = *recording.plan;
  std::string out;
  if (plan.memory) {
    out = (plan.reach ? "bring memory to " : "add memory ") + size_text(*plan.memory);
    if (plan.workers > 0)
      out += fmt::format(" by {} worker{}", plan.workers, plan.workers == 1 ? "" : "s");
    if (!plan.when_oom.empty()) out += ", when out of memory: " + quoted(plan.when_oom);
  }
  if (plan.cpu) {
    out += fmt::format("{}{} cores of CPU", out.empty() ? "" : "; ", number_text(plan.cpu->value));
  }
  for (const std::string& note : plan.notes) out += (out.empty() ? "" : "; ") + quoted(note, 300);
  return out;
}

bool is_plain(char c) {
  const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
  return letter || std::string_view("_-+=./:,@%").find(c) != std::string_view::npos;
}

}  // namespace

void write_figures(Html& html, const Recording& recording, const Course& course,
                   const TableOptions& options) {
  if (course.size() == 0) return;
  const std::size_t before = before_load(course, recording);
  HtmlTable table(html, {"Before the load, at the peak, at the end", options.id + "-figures"},
                  {{"figure"},
                   {"before", Cell::kNumber},
                   {"peak", Cell::kNumber},
                   {"when", Cell::kNumber},
                   {"after", Cell::kNumber}});
  for (const Figure& figure : figures_of(recording, course)) {
    const auto peak = extreme_of(figure);
    if (!peak || figure.column[*peak] == 0) continue;  // not known, or never any
    table.row({figure.name, value_text(figure.column[before], figure.unit),
               value_text(figure.column[*peak], figure.unit), clock_text_fine(course.at[*peak]),
               value_text(figure.column.back(), figure.unit)});
  }
}

void write_chart_table(Html& html, const Course& course, const TableOptions& options) {
  const std::size_t size = course.size();
  if (size == 0) return;
  std::vector<std::size_t> rows = {peak_of(course.usage).value_or(0)};
  const std::size_t count = std::min(kChartRows, size);
  for (std::size_t i = 0; i < count; ++i) {
    rows.push_back(count == 1 ? 0 : i * (size - 1) / (count - 1));
  }
  std::ranges::sort(rows);
  rows.erase(std::unique(rows.begin(), rows.end()), rows.end());
  html.open("details", {{"class", "fold"}})
      .leaf("summary", {}, fmt::format("The chart as a table ({} looks)", rows.size()));
  {
    HtmlTable table(html,
                    {"Looks evenly over the time, and the peak of usage", options.id + "-looks"},
                    {{"time", Cell::kTime},
                     {"usage", Cell::kNumber},
                     {"working set", Cell::kNumber},
                     {"application", Cell::kNumber},
                     {"cache", Cell::kNumber},
                     {"Duress’s", Cell::kNumber},
                     {"limit", Cell::kNumber},
                     {"asked for", Cell::kNumber},
                     {"CPU", Cell::kNumber},
                     {"throttled", Cell::kNumber},
                     {"memory pressure", Cell::kNumber}});
    for (const std::size_t i : rows) {
      const auto size_at = [&](Column column) {
        return value_text((course.*column)[i], Unit::kBytes);
      };
      table.row({clock_text_fine(course.at[i]), size_at(&Course::usage),
                 size_at(&Course::working_set), size_at(&Course::application),
                 size_at(&Course::cache), size_at(&Course::ours), size_at(&Course::limit),
                 size_at(&Course::asked), value_text(course.cpu[i], Unit::kCores),
                 value_text(course.throttled_percent[i], Unit::kPercent),
                 std::isnan(course.memory_some[i])
                     ? "not available"
                     : value_text(course.memory_some[i], Unit::kPercent)});
    }
  }
  html.close();
}

void write_target(Html& html, const Recording& recording, const TableOptions& options) {
  const observe::Header& header = recording.header;
  open_section(html, options.heading, "Target and recording");
  html.open("dl", {{"class", "target"}});
  target_row(html, "target", header.target);
  target_row(html, "container", header.container_id);
  target_row(html, "cgroup", header.cgroup);
  if (header.cgroup_version > 0) {
    target_row(html, "cgroup version", "v" + std::to_string(header.cgroup_version));
  }
  target_row(html, "QoS class", header.qos_class);
  target_row(html, "limits on the way up", levels_text(header));
  target_row(html, "load", plan_text(recording));
  if (recording.foretold) target_row(html, "foretold", recording.foretold->sentence);
  target_row(html, "kernel", header.kernel);
  if (header.node_total.value > 0) {
    target_row(html, "node",
               fmt::format("{} of memory, {} CPU{}", size_text(header.node_total), header.node_cpus,
                           header.node_cpus == 1 ? "" : "s"));
  }
  target_row(html, "began", wall_text(header.began));
  target_row(html, "length", length_text(recording));
  if (!recording.complete) {
    target_row(html, "recording",
               recording.damage.empty() ? "it was not closed in order" : recording.damage);
  }
  target_row(html, "kernel log",
             header.kernel_log ? "readable: victims are named by the kernel"
                               : "not readable: kills are counted, not named");
  target_row(html, "made by",
             header.duress_version.empty() ? "" : "duress " + header.duress_version);
  target_row(html, "file", options.file);
  html.close().close();
}

void write_commands(Html& html, const Recording& recording, const TableOptions& options) {
  std::vector<std::vector<std::string>> commands;
  if (!recording.header.command.empty()) commands.push_back(recording.header.command);
  if (!options.file.empty()) {
    commands.push_back({"duress", "explain", options.file});
    commands.push_back({"duress", "report", options.file});
  }
  if (commands.empty()) return;
  open_section(html, options.heading, "Do it again");
  for (const std::vector<std::string>& command : commands) {
    html.open("pre", {{"class", "command"}}).leaf("code", {}, shell_words(command)).close();
  }
  html.close();
}

std::string shell_words(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) {
    if (!out.empty()) out += ' ';
    if (!word.empty() && std::ranges::all_of(word, is_plain)) {
      out += word;
      continue;
    }
    out += '\'';
    for (const char c : word) {
      if (c == '\'') {
        out += R"('\'')";
      } else {
        out += c;
      }
    }
    out += '\'';
  }
  return out;
}

std::string wall_text(WallTime time) {
  if (time == WallTime{}) return {};
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  return fmt::format("{:%Y-%m-%d %H:%M:%S} UTC",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(seconds)));
}

std::string_view word_of(explain::Severity severity) {
  switch (severity) {
    case explain::Severity::kGood:
      return "Good";
    case explain::Severity::kNotice:
      return "Notice";
    case explain::Severity::kBad:
      return "Bad";
  }
  return "Bad";
}

std::string_view class_of(explain::Severity severity) {
  switch (severity) {
    case explain::Severity::kGood:
      return "good";
    case explain::Severity::kNotice:
      return "notice";
    case explain::Severity::kBad:
      return "bad";
  }
  return "bad";
}

// A disc with a tick, a triangle with a bar, an octagon with a cross.
std::string severity_sign(explain::Severity severity) {
  std::string_view paths;
  switch (severity) {
    case explain::Severity::kGood:
      paths = R"(<circle cx="10" cy="10" r="9"/><path d="M5.8 10.4l2.9 2.9 5.6-6.2"/>)";
      break;
    case explain::Severity::kNotice:
      paths = R"(<path class="body" d="M10 1.6 19 18H1z"/><path d="M10 7.2v5.2M10 15v.4"/>)";
      break;
    case explain::Severity::kBad:
      paths = R"(<path class="body" d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z"/>)"
              R"(<path d="M6.6 6.6l6.8 6.8M13.4 6.6l-6.8 6.8"/>)";
      break;
  }
  return fmt::format(R"(<svg class="sign {}" viewBox="0 0 20 20" width="20" height="20" )"
                     R"(aria-hidden="true">{}</svg>)",
                     class_of(severity), paths);
}

}  // namespace duress::render
