#include "explain/verdict_container.h"

#include <algorithm>
#include <array>
#include <csignal>
#include <map>

#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;

constexpr auto kTogether = std::chrono::seconds(2);
// Kubernetes' default of failureThreshold: fewer failures in a row prove nothing by themselves.
constexpr int kThreshold = 3;
constexpr int kBySignal = 128;

struct Failing {
  int failures = 0;
  Duration first{0};
  Duration latest{0};
  std::string last{};
  bool named = false;
};

// By a signal that a process earns itself: nobody ends a container with it.
bool crashed(std::optional<int> code) {
  constexpr std::array<int, 5> kCrashes = {SIGSEGV, SIGABRT, SIGBUS, SIGILL, SIGFPE};
  return std::ranges::any_of(kCrashes, [&](int signal) { return code == kBySignal + signal; });
}

// Reads the events in order and keeps which probes are failing.
class Reader final {
 public:
  void read(const Event& event) {
    switch (event.kind) {
      case EventKind::kProbeFailed:
        return failed(event);
      case EventKind::kProbePassed:
        failing_.erase(event.subject);
        return;
      case EventKind::kContainerEnded:
        return ended(event);
      case EventKind::kContainerRestarted:
        if (out_.ends.empty() || out_.ends.back().restarted) ended(event);
        return began(event);
      case EventKind::kContainerStarted:
        return began(event);
      case EventKind::kTold:
      case EventKind::kNoted:
        return note(event.text);
      default:
        return;
    }
  }
  [[nodiscard]] Container take() { return std::move(out_); }

 private:
  void failed(const Event& event) {
    if (event.subject != "liveness" && event.subject != "startup") return;  // ends nothing
    Failing& probe = failing_[event.subject];
    if (probe.failures++ == 0) probe.first = event.at;
    probe.last = event.text;
    probe.latest = event.at;
  }

  // A kubelet says "Container app failed liveness probe, will be restarted", before or after.
  void note(const std::string& text) {
    for (auto& [name, probe] : failing_) {
      if (text.find(name + " probe") != std::string::npos) probe.named = true;
    }
    if (!out_.ends.empty() && !out_.ends.back().restarted) take_probe(out_.ends.back());
  }

  // What is told twice, by whoever watched its process and by whoever ended it, is one end.
  void ended(const Event& event) {
    if (out_.ends.empty() || out_.ends.back().restarted) out_.ends.push_back({.at = event.at});
    ContainerEnd& end = out_.ends.back();
    if (!end.code) end.code = event.code;
    if (!event.text.empty()) end.said += (end.said.empty() ? "" : "; ") + told(event.text);
    note(event.text);
  }

  // The one that failed most often in a row.
  void take_probe(ContainerEnd& end) const {
    for (const auto& [name, probe] : failing_) {
      if (probe.failures < end.failures) continue;
      end.probe = name;
      end.failures = probe.failures;
      end.first_failure = probe.first;
      end.last_failure = probe.latest;
      end.failure = probe.last;
      end.named = probe.named;
    }
    const bool likely = end.failures >= kThreshold && !crashed(end.code);
    end.cause = end.named || likely ? Cause::kProbe : Cause::kOther;
  }

  void began(const Event& event) {
    note(event.text);
    if (!out_.ends.empty()) out_.ends.back().restarted = true;
    failing_.clear();
  }

  std::map<std::string, Failing> failing_;
  Container out_;
};

bool killed_then(const Kills& kills, Duration at) {
  const auto near = [&](Duration kill) { return kill >= at - kTogether && kill <= at + kTogether; };
  const auto any = [&](const std::vector<const Event*>& events) {
    const auto first = std::ranges::lower_bound(events, at - kTogether, {}, &Event::at);
    return first != events.end() && near((*first)->at);
  };
  return any(kills.application) || any(kills.groups) ||
         (kills.application_unnamed > 0 && kills.first_unnamed && near(*kills.first_unnamed));
}

}  // namespace

int Container::restarts() const {
  return static_cast<int>(std::ranges::count(ends, true, &ContainerEnd::restarted));
}

Container container_of(const Facts& facts, const Kills& kills) {
  Reader reader;
  for (const Event& event : facts.events) reader.read(event);
  Container out = reader.take();
  const auto& end = facts.recording.end;
  out.load_ended_with_it = end && end->reason == "targetEnded";
  if (out.load_ended_with_it && out.ends.empty()) {
    const Duration at = facts.load ? facts.load->to : facts.last;
    out.ends.push_back({.at = at, .said = end->message});
  }
  for (ContainerEnd& one : out.ends) {
    // Exit code 0, or a signal other than SIGKILL, was not the OOM killer's work.
    if (one.code.value_or(kBySignal + SIGKILL) == kBySignal + SIGKILL &&
        killed_then(kills, one.at)) {
      one.cause = Cause::kOomKill;
    }
  }
  return out;
}

std::string exit_of(const std::optional<int>& code) {
  if (!code) return "an exit code that was not recorded";
  struct Name {
    int signal;
    const char* name;
  };
  constexpr std::array<Name, 6> kNames = {{{SIGKILL, "SIGKILL"},
                                           {SIGTERM, "SIGTERM"},
                                           {SIGSEGV, "SIGSEGV"},
                                           {SIGABRT, "SIGABRT"},
                                           {SIGBUS, "SIGBUS"},
                                           {SIGINT, "SIGINT"}}};
  std::string out = "exit code " + std::to_string(*code);
  for (const Name& known : kNames) {
    if (*code == kBySignal + known.signal) out += " (" + std::string(known.name) + ")";
  }
  return out;
}

}  // namespace duress::explain::judging
