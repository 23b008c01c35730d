// A machine whose containers can be recorded, and a clock that stands still until it is told.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cgroup/fixture_test.h"
#include "observe/recorder.h"

namespace duress::observe {

class SteppedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return wall_; }
  void pass(Duration time) { now_ += time; }
  void set_wall(WallTime wall) { wall_ = wall; }

 private:
  Instant now_{std::chrono::hours(1)};
  WallTime wall_{std::chrono::hours(500'000)};
};

// A v2 machine with two containers; kills are what their files say.
class RecordedMachine : public ::testing::Test {
 protected:
  RecordedMachine()
      : machine({{"proc/self/mountinfo",
                  "30 1 0:26 / @/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"},
                 {"proc/self/cgroup", "0::/init\n"},
                 {"proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n"},
                 {"cgroup/cgroup.controllers", "cpu memory\n"}}),
        file(machine.root() + "/a.duress") {
    container("a");
    container("b");
  }

  void container(const std::string& name) {
    const std::string at = "cgroup/pods/" + name + "/";
    machine.put(at + "cgroup.procs", "");
    machine.put(at + "cgroup.events", "populated 1\nfrozen 0\n");
    machine.put(at + "memory.current", "1048576\n");
    machine.put(at + "memory.stat", "anon 4096\npgmajfault 7\n");
    machine.put(at + "memory.max", "10485760\n");
    machine.put(at + "memory.high", "max\n");
    machine.put(at + "cpu.stat", "usage_usec 1000\nnr_periods 5\n");
    kills(name, 3);
    machine.put("cgroup/pods/memory.current", "1048576\n");
    machine.put("cgroup/pods/memory.max", "max\n");
  }
  void kills(const std::string& name, int count) const {
    machine.put("cgroup/pods/" + name + "/memory.events",
                "oom " + std::to_string(count) + "\noom_kill " + std::to_string(count) + "\n");
  }
  void process(pid_t pid, const std::string& name) const {
    machine.put("proc/" + std::to_string(pid) + "/comm", name + "\n");
    machine.put("proc/" + std::to_string(pid) + "/stat", cgroup::stat_of(pid));
  }

  [[nodiscard]] cgroup::Target target(const std::string& name) const {
    const cgroup::Roots roots{machine.root() + "/proc", machine.root() + "/cgroup"};
    const auto hierarchy = cgroup::detect(roots);
    auto out = cgroup::locate(roots, *hierarchy, cgroup::ByPath{"/pods/" + name});
    EXPECT_TRUE(out) << out.error().message;
    return std::move(*out);
  }
  [[nodiscard]] Recorder start() {
    auto out = Recorder::start({.path = file,
                                .roots = {machine.root() + "/proc", machine.root() + "/cgroup"},
                                .kernel_log = ""},
                               target("a"), clock);
    EXPECT_TRUE(out) << out.error().message;
    return std::move(*out);
  }
  bool look(Recorder& recorder) {
    clock.pass(std::chrono::milliseconds(100));
    return recorder.look(clock.now());
  }
  [[nodiscard]] Recording read() const {
    auto out = read_recording(file);
    EXPECT_TRUE(out) << out.error().message;
    return out.value_or(Recording());
  }
  [[nodiscard]] static std::vector<Event> of_kind(const Recording& recording, EventKind kind) {
    std::vector<Event> out;
    std::ranges::copy_if(recording.events, std::back_inserter(out),
                         [kind](const Event& event) { return event.kind == kind; });
    return out;
  }

  cgroup::FakeMachine machine;
  std::string file;
  SteppedClock clock;
};

}  // namespace duress::observe
