#include "render/lanes.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <ranges>

#include "base/text.h"
#include "render/chart_scale.h"

namespace duress::render {

namespace {

using observe::Event;
using observe::EventKind;

constexpr int kLaneHeight = 20;
constexpr std::size_t kMostText = 300;  // characters; a kernel's line is shorter

// In the order of the lanes, and of the legend.
constexpr std::array kKinds = {
    MarkKind{"app-kill", "OOM kills", "OOM kill of the application", "OOM kills of the application",
             "M-4.5-4.5 4.5 4.5M4.5-4.5-4.5 4.5", true},
    MarkKind{"group-kill", "OOM kills", "OOM kill of the whole group",
             "OOM kills of the whole group", "M-5-5H5V5H-5zM-2.5-2.5 2.5 2.5M2.5-2.5-2.5 2.5",
             true},
    MarkKind{"worker-kill", "OOM kills", "OOM kill of Duress's worker",
             "OOM kills of Duress's workers", "M0-5.5 5 0 0 5.5-5 0z", true},
    MarkKind{"other-kill", "OOM kills", "OOM kill of somebody else's process",
             "OOM kills of somebody else's processes", "M0-5 4.5 0 0 5-4.5 0z"},
    MarkKind{"started", "container", "container start", "container starts", "M-3.5-5 5 0-3.5 5z"},
    MarkKind{"ended", "container", "container end", "container ends", "M-4-4H4V4H-4z", true},
    MarkKind{"restarted", "container", "container restart", "container restarts",
             "M4.2-1.5A4.5 4.5 0 1 0 4.3 1.5M4.8-5.2V-1.2H.8", true},
    MarkKind{"probe-failed", "probes", "failed probe", "failed probes", "M-5-4H5L0 5z"},
    MarkKind{"probe-passed", "probes", "passed probe", "passed probes",
             "M-2.5 0A2.5 2.5 0 1 0 2.5 0A2.5 2.5 0 1 0-2.5 0z"},
    MarkKind{"load-started", "load", "load start", "load starts", "M-3 5.5V-5L5-2-3 1"},
    MarkKind{"load-reached", "load", "level reached", "levels reached",
             "M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0z"},
    MarkKind{"load-ended", "load", "load end", "load ends", "M-4-4H4V4H-4z"},
    MarkKind{"supervisor-killed", "load", "supervisor killed", "supervisors killed",
             "M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0zM-2.5-2.5 2.5 2.5M2.5-2.5-2.5 2.5", true},
    MarkKind{"told", "load", "message of the load", "messages of the load",
             "M-2 0A2 2 0 1 0 2 0A2 2 0 1 0-2 0z"},
    MarkKind{"limit", "limit", "change of the limit", "changes of the limit",
             "M0-5.5V5.5M-3-2.5 0-5.5 3-2.5M-3 2.5 0 5.5 3 2.5"},
    MarkKind{"came", "processes", "process that came", "processes that came",
             "M0 4V-4M-2.5-1.5 0-4 2.5-1.5"},
    MarkKind{"went", "processes", "process that went", "processes that went",
             "M0-4V4M-2.5 1.5 0 4 2.5 1.5"},
    MarkKind{"noted", "recorder", "note of the recorder", "notes of the recorder",
             "M-2 0A2 2 0 1 0 2 0A2 2 0 1 0-2 0z"},
};

const MarkKind& named(std::string_view name) {
  return *std::ranges::find(kKinds, name, &MarkKind::name);
}

std::string_view shape_name(const Event& event) {
  switch (event.kind) {
    case EventKind::kLoadStarted:
      return "load-started";
    case EventKind::kLoadReached:
      return "load-reached";
    case EventKind::kLoadEnded:
      return "load-ended";
    case EventKind::kTold:
      return "told";
    case EventKind::kProcessCame:
      return "came";
    case EventKind::kProcessWent:
      return "went";
    case EventKind::kOomKill:
      return event.ours ? "worker-kill" : "app-kill";
    case EventKind::kOomGroupKill:
      return "group-kill";
    case EventKind::kLimitChanged:
      return "limit";
    case EventKind::kProbeFailed:
      return "probe-failed";
    case EventKind::kProbePassed:
      return "probe-passed";
    case EventKind::kContainerStarted:
      return "started";
    case EventKind::kContainerEnded:
      return "ended";
    case EventKind::kContainerRestarted:
      return "restarted";
    case EventKind::kSupervisorKilled:
      return "supervisor-killed";
    case EventKind::kOutsiderKilled:
      return "other-kill";
    case EventKind::kNoted:
      return "noted";
  }
  return "noted";
}

std::string title_of(const Mark& mark) {
  const std::string when = clock_text_fine(mark.at);
  if (mark.count == 1) return when + ' ' + mark.text;
  return fmt::format("{} to {} {} {}", when, clock_text_fine(mark.until), mark.count,
                     mark.kind->many);
}

std::vector<std::pair<double, double>> loads_of(const observe::Recording& recording,
                                                double length) {
  std::vector<std::pair<double, double>> out;
  bool on = false;
  for (const Event& event : recording.events) {
    if (event.kind == EventKind::kLoadStarted && !on) {
      out.emplace_back(seconds_of(event.at), length);
      on = true;
    } else if (on && (event.kind == EventKind::kLoadEnded ||
                      event.kind == EventKind::kSupervisorKilled)) {
      out.back().second = seconds_of(event.at);
      on = false;
    }
  }
  return out;
}

int row_of(const Lanes& lanes, std::string_view name) {
  const auto found = std::ranges::find(lanes.names, name);
  return static_cast<int>(found - lanes.names.begin());
}

}  // namespace

const MarkKind& kind_of(const Event& event) { return named(shape_name(event)); }

std::string sentence_of(const Event& event) {
  std::string out(kind_of(event).one);
  const bool spoken = event.kind == EventKind::kTold || event.kind == EventKind::kNoted;
  if (spoken && !event.text.empty()) return quoted(event.text, kMostText);
  std::string about = event.subject.empty() ? "" : quoted(event.subject);
  if (event.pid > 0) about += fmt::format("{}PID {}", about.empty() ? "" : ", ", event.pid);
  if (!about.empty()) out += " (" + about + ')';
  if (event.code) out += fmt::format(", exit code {}", *event.code);
  if (event.kind == EventKind::kLimitChanged) {
    out += event.bytes ? " to " + size_text(*event.bytes) : ": none any more";
  } else if (event.bytes) {
    out += " at " + size_text(*event.bytes) + " of use";
  }
  if (!event.text.empty()) out += ": " + quoted(event.text, kMostText);
  return out;
}

Lanes lanes_of(const observe::Recording& recording, double length, int parts) {
  Lanes out;
  out.loads = loads_of(recording, length);
  const double nearest = length / std::max(parts, 1);
  std::vector<const MarkKind*> kinds;
  kinds.reserve(recording.events.size());
  for (const Event& event : recording.events) kinds.push_back(&kind_of(event));
  for (const MarkKind& kind : kKinds) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < kinds.size(); ++i) {
      if (kinds[i] != &kind) continue;
      const Event& event = recording.events[i];
      const double at = seconds_of(event.at);
      if (count++ > 0 && at - out.marks.back().at < nearest) {
        out.marks.back().until = at;
        ++out.marks.back().count;
      } else {
        out.marks.push_back({&kind, at, at, 1, sentence_of(event)});
      }
    }
    if (count == 0) continue;
    out.kinds.push_back(&kind);
    out.counts.push_back(count);
    if (out.names.empty() || out.names.back() != kind.lane) out.names.push_back(kind.lane);
  }
  return out;
}

std::string percent_at(double at, double length) {
  if (length <= 0) return "0%";
  return fmt::format("{:.3f}%", 100 * std::clamp(at / length, 0.0, 1.0));
}

void write_mark_shapes(Html& html) {
  html.open("svg", {{"class", "shapes"}, {"aria-hidden", "true"}, {"width", "0"}, {"height", "0"}})
      .open("defs");
  for (const MarkKind& kind : kKinds) {
    html.empty("path", {{"id", "m-" + std::string(kind.name)}, {"d", kind.path}});
  }
  html.close().close();
}

void write_legend(Html& html, const Lanes& lanes) {
  html.open("ul", {{"class", "legend marks"}});
  for (std::size_t i = 0; i < lanes.kinds.size(); ++i) {
    const MarkKind& kind = *lanes.kinds[i];
    const std::string name(kind.name);
    html.open("li")
        .open("svg", {{"class", "key"}, {"width", "14"}, {"height", "14"}, {"aria-hidden", "true"}})
        .empty("use", {{"class", "mark " + name}, {"href", "#m-" + name}, {"x", "7"}, {"y", "7"}})
        .close()
        .text(lanes.counts[i] == 1 ? kind.one : kind.many)
        .raw(" ")
        .leaf("b", {}, std::to_string(lanes.counts[i]))
        .close();
  }
  html.close();
}

void write_lanes(Html& html, const Lanes& lanes, double length) {
  const int height = std::max<int>(1, static_cast<int>(lanes.names.size())) * kLaneHeight;
  const std::string high = std::to_string(height);
  html.open("svg", {{"class", "yaxis"}, {"height", high}, {"aria-hidden", "true"}});
  for (const std::string_view name : lanes.names) {
    const int y = row_of(lanes, name) * kLaneHeight + 14;
    html.leaf("text", {{"x", "100%"}, {"dx", "-8"}, {"y", std::to_string(y)}}, name);
  }
  html.close();
  html.open("svg", {{"class", "plot lanes"}, {"height", high}, {"aria-hidden", "true"}});
  for (std::size_t row = 0; row < lanes.names.size(); ++row) {
    const std::string y = std::to_string(static_cast<int>(row) * kLaneHeight + 10);
    html.empty("line", {{"class", "lane"}, {"x1", "0"}, {"x2", "100%"}, {"y1", y}, {"y2", y}});
  }
  for (const auto& [from, until] : lanes.loads) {
    const int y = row_of(lanes, "load") * kLaneHeight + 6;
    html.empty("rect", {{"class", "load-bar"},
                        {"x", percent_at(from, length)},
                        {"width", percent_at(until - from, length)},
                        {"y", std::to_string(y)},
                        {"height", "8"},
                        {"data-t", fmt::format("{:.3f}", from)},
                        {"data-u", fmt::format("{:.3f}", until)}});
  }
  // The gravest is drawn last, over the others.
  for (const Mark& mark : lanes.marks | std::views::reverse) {
    const std::string name(mark.kind->name);
    const int y = row_of(lanes, mark.kind->lane) * kLaneHeight + 10;
    html.open("use", {{"class", "mark " + name},
                      {"href", "#m-" + name},
                      {"x", percent_at(mark.at, length)},
                      {"y", std::to_string(y)},
                      {"data-t", fmt::format("{:.3f}", mark.at)}})
        .leaf("title", {}, title_of(mark))
        .close();
  }
  html.close();
}

void write_guides(Html& html, const Lanes& lanes, double length) {
  for (const Mark& mark : lanes.marks) {
    if (!mark.kind->guide) continue;
    const std::string x = percent_at(mark.at, length);
    html.empty("line", {{"class", "guide " + std::string(mark.kind->name)},
                        {"x1", x},
                        {"x2", x},
                        {"y1", "0"},
                        {"y2", "100%"},
                        {"data-t", fmt::format("{:.3f}", mark.at)}});
  }
}

}  // namespace duress::render
