#include "explain/verdict_timeline.h"

#include <algorithm>
#include <map>

#include "base/order.h"
#include "explain/verdict_container.h"
#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;

// So many alike in one stretch stay apart.
constexpr std::size_t kApart = 3;

// What decides: between two of these, the small ones are gathered; they themselves are kept apart
// until there are too many lines.
bool is_turn(const Event& event) {
  switch (event.kind) {
    case EventKind::kOomKill:
      return !event.ours;
    case EventKind::kLoadStarted:
    case EventKind::kLoadEnded:
    case EventKind::kOomGroupKill:
    case EventKind::kLimitChanged:
    case EventKind::kContainerEnded:
    case EventKind::kContainerRestarted:
    case EventKind::kSupervisorKilled:
      return true;
    default:
      return false;
  }
}

Severity severity_of(const Event& event) {
  switch (event.kind) {
    case EventKind::kOomKill:
      return event.ours ? Severity::kNotice : Severity::kBad;
    case EventKind::kOomGroupKill:
    case EventKind::kOutsiderKilled:
    case EventKind::kContainerRestarted:
      return Severity::kBad;
    case EventKind::kContainerEnded:
      return event.code && *event.code == 0 ? Severity::kNotice : Severity::kBad;
    case EventKind::kLimitChanged:
    case EventKind::kProbeFailed:
    case EventKind::kSupervisorKilled:
    case EventKind::kTold:
    case EventKind::kNoted:
      return Severity::kNotice;
    default:
      return Severity::kGood;
  }
}

std::string victim_of(const Event& event) {
  if (event.ours) return process_of(event.subject, event.pid, "Duress's own worker");
  return process_of(event.subject, event.pid, "a process that nobody named");
}

std::string with_text(const std::string& what, const Event& event) {
  const std::string text = told(event.text);
  return text.empty() ? what : what + ": " + text;
}

std::string container_line(const Event& event) {
  if (event.kind == EventKind::kContainerRestarted) {
    return with_text("the container was restarted", event);
  }
  if (event.kind == EventKind::kContainerStarted) return with_text("the container started", event);
  return with_text("the container ended" + (event.code ? ", " + exit_of(event.code) : ""), event);
}

std::string kill_line(const Event& event) {
  if (event.kind == EventKind::kOomGroupKill) {
    return "OOM killer took the whole container, " + std::to_string(event.members.size()) +
           " processes at once";
  }
  if (event.kind == EventKind::kOutsiderKilled) {
    return with_text("OOM killer took " + process_of(event.subject, event.pid, "a process") +
                         ", not of the target",
                     event);
  }
  std::string out = "OOM killer took " + victim_of(event);
  if (event.ours && !event.subject.empty()) out += ", Duress's own";
  if (event.bytes) out += " at " + format_bytes(*event.bytes);
  return out;
}

std::string process_line(const Event& event) {
  return "process " + process_of(event.subject, event.pid, "without a name") +
         (event.kind == EventKind::kProcessCame ? " came" : " went") +
         (event.ours ? " (Duress's own)" : "");
}

std::string probe_line(const Event& event) {
  const std::string probe = event.subject.empty() ? "a" : "the " + quoted(event.subject);
  return with_text(
      probe + (event.kind == EventKind::kProbeFailed ? " probe failed" : " probe passed"), event);
}

std::string line_of(const Event& event) {
  switch (event.kind) {
    case EventKind::kLoadStarted:
      return with_text("the load started", event);
    case EventKind::kLoadReached:
      return with_text("the level was reached", event);
    case EventKind::kLoadEnded:
      return with_text("the load ended", event);
    case EventKind::kProcessCame:
    case EventKind::kProcessWent:
      return process_line(event);
    case EventKind::kOomKill:
    case EventKind::kOomGroupKill:
    case EventKind::kOutsiderKilled:
      return kill_line(event);
    case EventKind::kLimitChanged:
      return "the memory limit became " +
             (event.bytes ? format_bytes(*event.bytes) : std::string("none"));
    case EventKind::kProbeFailed:
    case EventKind::kProbePassed:
      return probe_line(event);
    case EventKind::kContainerStarted:
    case EventKind::kContainerEnded:
    case EventKind::kContainerRestarted:
      return container_line(event);
    case EventKind::kSupervisorKilled:
      return with_text("the process that steered the load was killed", event);
    case EventKind::kTold:
    case EventKind::kNoted:
      break;
  }
  const std::string text = told(event.text);
  return text.empty() ? "something that is not described" : text;
}

// The same kind of thing to the same one; figures in a text do not make it another.
std::string key_of(const Event& event) {
  std::string key = std::to_string(static_cast<int>(event.kind)) + (event.ours ? "o" : "-") +
                    event.subject + '\n';
  if (event.kind == EventKind::kContainerEnded)
    key += event.code ? std::to_string(*event.code) : "";
  if (event.kind != EventKind::kTold && event.kind != EventKind::kNoted) return key;
  for (const char c : event.text) {
    const bool digit = c >= '0' && c <= '9';
    if (!digit) key += c;
    if (digit && !key.ends_with('#')) key += '#';
  }
  return key;
}

// "OOM killer took duress-memory 52 times in 1.0 s, 50 a second".
std::string many(const std::vector<const Event*>& events) {
  Event first = *events.front();
  first.pid = 0;
  first.bytes.reset();
  const auto count = static_cast<std::int64_t>(events.size());
  const Duration over = events.back()->at - events.front()->at;
  std::string out = line_of(first) + ", " + times(count) + " in " + time_of(over);
  const double seconds = std::chrono::duration<double>(over).count();
  const double rate = seconds > 0 ? static_cast<double>(count - 1) / seconds : 0;
  if (rate >= 2) out += ", " + decimal(rate, 0) + " a second";
  return out;
}

Severity worst(const std::vector<const Event*>& events) {
  Severity out = Severity::kGood;
  for (const Event* event : events) out = std::max(out, severity_of(*event));
  return out;
}

using Groups = std::map<std::string, std::vector<const Event*>>;

void write(const Groups& groups, std::vector<TimelineEntry>& out) {
  for (const auto& [key, events] : groups) {
    if (events.size() > kApart) {
      out.push_back({events.front()->at, many(events), worst(events)});
      continue;
    }
    for (const Event* event : events) {
      out.push_back({event->at, line_of(*event), severity_of(*event)});
    }
  }
}

// Gathers between turns, or over the whole where there are too many of them.
std::vector<TimelineEntry> gathered(const Facts& facts, bool between_turns) {
  std::vector<TimelineEntry> out;
  Groups groups;
  for (const Event& event : facts.events) {
    if (between_turns && is_turn(event)) {
      write(groups, out);
      groups.clear();
      out.push_back({event.at, line_of(event), severity_of(event)});
    } else {
      groups[key_of(event)].push_back(&event);
    }
  }
  write(groups, out);
  put_in_order(out, &TimelineEntry::at);
  return out;
}

// The worst stay, and of those alike the first.
void cut(std::vector<TimelineEntry>& entries) {
  if (entries.size() <= kMostEntries) return;
  const std::size_t left_out = entries.size() - (kMostEntries - 1);
  put_in_order(entries,
               [](const TimelineEntry& entry) { return -static_cast<int>(entry.severity); });
  entries.resize(kMostEntries - 1);
  put_in_order(entries, &TimelineEntry::at);
  entries.push_back({entries.back().at,
                     "and " + std::to_string(left_out) + " more, of less weight, left out",
                     Severity::kGood});
}

}  // namespace

std::vector<TimelineEntry> timeline_of(const Facts& facts) {
  std::vector<TimelineEntry> out = gathered(facts, true);
  if (out.size() > kMostEntries / 2) out = gathered(facts, false);
  cut(out);
  if (facts.recording.events_left_out > 0) {
    out.push_back({facts.last,
                   count_of(facts.recording.events_left_out, "event") +
                       " from the middle were left out of the recording",
                   Severity::kNotice});
  }
  for (TimelineEntry& entry : out) entry.text = sentence(std::move(entry.text));
  return out;
}

}  // namespace duress::explain::judging
