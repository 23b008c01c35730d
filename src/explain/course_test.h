// Makes recordings for tests, step by step as a person would tell them: what the application has,
// what Duress holds, what happens; with a look ten times a second. No sampler. For tests of every
// folder that may use observe; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "observe/recording.h"

namespace duress::explain::testing {

using observe::EventKind;

class Course final {
 public:
  // A container of 500 MiB on v2, its application (node, PID 18) using 38 MiB.
  Course() {
    recording_.header.target = "web";
    recording_.header.cgroup = "/kubepods/pod1/web";
    recording_.header.cgroup_version = 2;
    recording_.header.node_total = gib(8);
    recording_.header.node_cpus = 2;
    recording_.header.kernel_log = true;
    recording_.complete = true;
    now_.limit = mib(500);
    now_.node_available = gib(4);
    now_.processes = 2;
    own_ = mib(38);
  }

  // What is so from now on.
  Course& own(Bytes bytes) { return own_ = bytes, *this; }
  Course& held(Bytes bytes) { return held_ = bytes, *this; }
  Course& asked(Bytes bytes) { return now_.asked = bytes, *this; }
  observe::Look& state() { return now_; }
  observe::Recording& raw() { return recording_; }

  Course& plan(Bytes memory, std::string when_oom = "natural") {
    recording_.plan =
        observe::LoadPlan{.memory = memory, .when_oom = std::move(when_oom), .workers = 1};
    return *this;
  }
  Course& plan_cpu(double cores) {
    recording_.plan = observe::LoadPlan{.cpu = Cores{cores}, .workers = 1};
    return *this;
  }
  Course& foretold(std::string answer, std::string victim = "", bool group = false) {
    recording_.foretold = {std::move(answer), std::move(victim), group, ""};
    return *this;
  }

  // Time passes, with a look each tenth of a second; `held` and `own` go to these on a line.
  Course& pass(Duration time) { return pass(time, own_, held_); }
  Course& pass(Duration time, Bytes own_to, Bytes held_to) {
    const auto steps = std::max<std::int64_t>(1, time / kStep);
    const Bytes own = own_;
    const Bytes held = held_;
    for (std::int64_t i = 1; i <= steps; ++i) {
      own_ = own + (own_to - own) * i / steps;
      held_ = held + (held_to - held) * i / steps;
      now_.at += kStep;
      look();
    }
    return *this;
  }
  Course& look() {
    now_.memory.usage = own_ + held_;
    now_.memory.anon = now_.memory.usage;
    now_.workers = held_;
    if (now_.asked) now_.held = held_;
    recording_.looks.push_back(now_);
    return *this;
  }

  Course& event(EventKind kind, std::string subject = "", std::string text = "") {
    recording_.events.push_back(
        {.at = now_.at, .kind = kind, .subject = std::move(subject), .text = std::move(text)});
    return *this;
  }
  observe::Event& last_event() { return recording_.events.back(); }
  // It starts, fills within half a second, and is held.
  Course& load(Bytes size) {
    event(EventKind::kLoadStarted);
    now_.asked = size;
    pass(std::chrono::milliseconds(500), own_, size);
    return event(EventKind::kLoadReached);
  }
  Course& worker_killed(pid_t pid = 99) { return killed("duress-memory", pid, true).held(Bytes{}); }
  Course& killed(const std::string& name, pid_t pid, bool ours = false) {
    event(EventKind::kOomKill, name,
          "Memory cgroup out of memory: Killed process " + std::to_string(pid) + " (" + name + ")");
    last_event().pid = pid;
    last_event().ours = ours;
    last_event().cgroup = recording_.header.cgroup;
    ++now_.oom_kills;
    return *this;
  }
  Course& container_ended(int code) {
    event(EventKind::kContainerEnded);
    last_event().code = code;
    return *this;
  }
  Course& end(std::string reason, std::string message = "", std::int64_t kills = 0) {
    if (recording_.plan) event(EventKind::kLoadEnded);
    recording_.end = {.reason = std::move(reason), .message = std::move(message), .kills = kills};
    return *this;
  }
  [[nodiscard]] const observe::Recording& recording() const { return recording_; }

 private:
  static constexpr Duration kStep = std::chrono::milliseconds(100);
  observe::Recording recording_{};
  observe::Look now_{};
  Bytes own_{};
  Bytes held_{};
};

}  // namespace duress::explain::testing
