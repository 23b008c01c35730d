#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <vector>

#include "base/text.h"
#include "render/chart_scale.h"
#include "render/html_table.h"
#include "render/lanes.h"
#include "render/report_tables.h"

namespace duress::render {

namespace {

using explain::Severity;
using explain::TimelineEntry;
using observe::Event;
using observe::EventKind;
using observe::Recording;

constexpr std::size_t kMostRows = 200;      // of processes and kills
constexpr std::size_t kOpenRows = 12;       // more of them are folded
constexpr std::size_t kMostTimeline = 400;  // the rest is left out of the middle
constexpr double kSameDeath = 2;            // seconds
constexpr std::size_t kFirstTimeline = 15;  // shown before the fold

struct Process {
  std::string name;
  pid_t pid = 0;
  bool ours = false;
  std::optional<double> came{};
  std::optional<double> went{};
  bool killed = false;
  std::optional<int> code{};
};

class Processes {
 public:
  void see(const Event& event) {
    const double at = seconds_of(event.at);
    if (event.kind == EventKind::kProcessCame) {
      living_[event.pid] = all_.size();
      all_.push_back({event.subject, event.pid, event.ours, at});
    } else if (event.kind == EventKind::kProcessWent) {
      Process& process = find(event.pid, event.subject, event.ours);
      process.went = at;
      process.code = event.code;
      dead_[event.pid] = static_cast<std::size_t>(&process - all_.data());
      living_.erase(event.pid);
    } else if (event.kind == EventKind::kOomKill && event.pid > 0) {
      kill(event.pid, event.subject, event.ours, at);
    } else if (event.kind == EventKind::kOomGroupKill) {
      for (const observe::Member& member : event.members) {
        kill(member.pid, member.name, member.ours, at);
      }
    }
  }
  [[nodiscard]] const std::vector<Process>& all() const { return all_; }

 private:
  Process& find(pid_t pid, const std::string& name, bool ours) {
    if (const auto found = living_.find(pid); found != living_.end()) return all_[found->second];
    living_[pid] = all_.size();
    all_.push_back({name, pid, ours});
    return all_.back();
  }

  // The kernel's word comes before or after the process is missed: both are one death.
  void kill(pid_t pid, const std::string& name, bool ours, double at) {
    if (const auto dead = dead_.find(pid); !living_.contains(pid) && dead != dead_.end()) {
      Process& process = all_[dead->second];
      if (!process.killed && at - *process.went < kSameDeath) {
        process.killed = true;
        return;
      }
    }
    Process& process = find(pid, name, ours);
    process.killed = true;
    if (!process.went) process.went = at;
  }

  std::vector<Process> all_;
  std::map<pid_t, std::size_t> living_;  // where in `all_`
  std::map<pid_t, std::size_t> dead_;    // the last that had this PID
};

std::string how_it_went(const Process& process) {
  if (process.killed) return "OOM-killed";
  if (!process.went) return "was there at the end";
  return process.code ? fmt::format("ended, exit code {}", *process.code) : "ended";
}

std::string victim_of(const Event& event) {
  if (event.kind != EventKind::kOomGroupKill) {
    return event.subject.empty() ? "not known" : quoted(event.subject);
  }
  std::string out = "the whole group";
  constexpr std::size_t most = 6;
  for (std::size_t i = 0; i < event.members.size() && i < most; ++i) {
    out += (i == 0 ? ": " : ", ") + quoted(event.members[i].name);
  }
  if (event.members.size() > most) out += fmt::format(" and {} more", event.members.size() - most);
  return out;
}

std::string whose(const Event& event) {
  if (event.kind == EventKind::kOomGroupKill) return "all";
  if (event.kind == EventKind::kOutsiderKilled) return "somebody else's";
  return event.ours ? "Duress's" : "application";
}

std::string limit_of(const Event& event) {
  return event.cgroup.empty() ? "a cgroup that is not known" : quoted(event.cgroup, 200);
}

bool is_kill(const Event& event) {
  return event.kind == EventKind::kOomKill || event.kind == EventKind::kOomGroupKill ||
         event.kind == EventKind::kOutsiderKilled;
}

void left_out(Html& html, std::size_t count, std::string_view what) {
  if (count == 0) return;
  html.leaf("p", {{"class", "left-out"}}, fmt::format("{} more {} left out.", count, what));
}

std::vector<TimelineEntry> timeline_of(const Recording& recording,
                                       const explain::Verdict& verdict) {
  if (!verdict.timeline.empty()) return verdict.timeline;
  std::vector<TimelineEntry> out;
  for (const Event& event : recording.events) {
    out.push_back(
        {event.at, sentence_of(event), is_kill(event) ? Severity::kBad : Severity::kGood});
  }
  return out;
}

void timeline_rows(Html& html, const std::vector<TimelineEntry>& entries, std::size_t from,
                   std::size_t until, const HtmlTable::About& about) {
  HtmlTable table(html, about, {{"time", Cell::kTime}, {"severity"}, {"what happened"}});
  for (std::size_t i = from; i < until; ++i) {
    const TimelineEntry& entry = entries[i];
    // Most entries are neither: a sign on each would hide those that matter.
    const bool quiet = entry.severity == Severity::kGood;
    table.row({clock_text_fine(seconds_of(entry.at)),
               quiet ? std::string() : std::string(word_of(entry.severity)), entry.text},
              quiet ? std::string() : severity_sign(entry.severity));
  }
}

}  // namespace

void write_processes(Html& html, const Recording& recording, const TableOptions& options) {
  Processes processes;
  for (const Event& event : recording.events) processes.see(event);
  const std::vector<Process>& all = processes.all();
  if (all.empty()) return;
  open_fold(html,
            {options.heading, "Processes that came or went", all.size(), all.size() <= kOpenRows});
  const std::size_t shown = std::min(all.size(), kMostRows);
  {
    HtmlTable table(html, {"Processes that came and went", options.id + "-processes"},
                    {{"process"},
                     {"PID", Cell::kNumber},
                     {"whose"},
                     {"came", Cell::kNumber},
                     {"went", Cell::kNumber},
                     {"how"}});
    for (std::size_t i = 0; i < shown; ++i) {
      const Process& process = all[i];
      table.row({process.name.empty() ? "not known" : quoted(process.name),
                 process.pid > 0 ? std::to_string(process.pid) : "–",
                 process.ours ? "Duress's" : "application",
                 process.came ? clock_text_fine(*process.came) : "before",
                 process.went ? clock_text_fine(*process.went) : "–", how_it_went(process)});
    }
  }
  left_out(html, all.size() - shown, "processes are");
  html.close().close();
}

void write_kills(Html& html, const Recording& recording, const TableOptions& options) {
  std::vector<const Event*> kills;
  for (const Event& event : recording.events) {
    if (is_kill(event)) kills.push_back(&event);
  }
  if (kills.empty()) return;
  open_fold(html, {options.heading, "OOM kills", kills.size(), kills.size() <= kOpenRows});
  const std::size_t shown = std::min(kills.size(), kMostRows);
  // One cgroup's limit for all is said once.
  const bool one_limit = std::ranges::all_of(
      kills, [&](const Event* kill) { return kill->cgroup == kills.front()->cgroup; });
  std::string caption = "Who was killed, when, at which usage, by whose limit";
  if (one_limit) caption += ": all by that of " + limit_of(*kills.front());
  std::vector<HtmlColumn> columns = {
      {"time", Cell::kTime},         {"victim"},
      {"PID", Cell::kNumber},        {"whose"},
      {"its memory", Cell::kNumber}, {"oom_score_adj", Cell::kNumber},
      {"usage", Cell::kNumber}};
  if (!one_limit) columns.push_back({"by the limit of"});
  {
    HtmlTable table(html, {caption, options.id + "-kills"}, columns);
    for (std::size_t i = 0; i < shown; ++i) {
      const Event& event = *kills[i];
      table.row({clock_text_fine(seconds_of(event.at)), victim_of(event),
                 event.pid > 0 ? std::to_string(event.pid) : "–", whose(event),
                 event.resident ? size_text(*event.resident) : "–",
                 event.oom_score_adj ? std::to_string(*event.oom_score_adj) : "–",
                 event.bytes ? size_text(*event.bytes) : "–", limit_of(event)});
    }
  }
  left_out(html, kills.size() - shown, "kills are");
  html.close().close();
}

void write_timeline(Html& html, const Recording& recording, const explain::Verdict& verdict,
                    const TableOptions& options) {
  const std::vector<TimelineEntry> entries = timeline_of(recording, verdict);
  if (entries.empty()) return;
  open_section(html, options.heading, "Time line");
  const bool few = entries.size() <= kFirstTimeline + kOpenRows;
  const std::size_t first = few ? entries.size() : kFirstTimeline;
  timeline_rows(html, entries, 0, first, {"What happened, in order", options.id + "-timeline"});
  if (!few) {
    const std::size_t rest = entries.size() - first;
    html.open("details", {{"class", "fold"}}).leaf("summary", {}, fmt::format("{} more", rest));
    const std::size_t kept = std::min(rest, kMostTimeline);
    const std::size_t tail = kept < rest ? kMostTimeline / 4 : 0;
    const std::string id = options.id + "-timeline-more";
    timeline_rows(html, entries, first, first + kept - tail, {"What happened then", id});
    left_out(html, rest - kept, "entries are");
    if (tail > 0) {
      timeline_rows(html, entries, entries.size() - tail, entries.size(),
                    {"What happened at last", id + "-last"});
    }
    html.close();
  }
  left_out(html, static_cast<std::size_t>(std::max<std::int64_t>(0, recording.events_left_out)),
           "events were not kept by the recorder and are");
  html.close();
}

}  // namespace duress::render
