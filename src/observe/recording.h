// The measured course of one target as a value: what its files said ten times a second, and what
// happened. It is neither a file (recording_file.h) nor a judgement (explain/verdict.h), and it
// takes no measurements (sampler.h). Plain values, owned by whoever holds them; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "base/units.h"
#include "cgroup/controllers.h"
#include "cgroup/pressure.h"
#include "observe/event.h"

namespace duress::observe {

// One look at the target. Counters are since the recording began. Times to the microsecond.
struct Look {
  Duration at{0};  // since the recording began, CLOCK_MONOTONIC
  cgroup::MemoryUse memory{};
  std::optional<Bytes> limit{};  // the effective one
  Bytes workers{};               // resident of Duress's own processes in the target
  std::chrono::nanoseconds cpu{0};
  std::int64_t periods = 0;
  std::int64_t throttled_periods = 0;
  std::chrono::nanoseconds throttled{0};
  std::optional<cgroup::Pressure> memory_pressure{};  // unset: PSI is off, or v1 alone
  std::optional<cgroup::Pressure> cpu_pressure{};
  std::int64_t oom_kills = 0;
  std::int64_t limit_hits = 0;
  int processes = 0;
  Bytes node_available{};
  std::optional<Bytes> asked{};  // by the load, as last told
  std::optional<Bytes> held{};
};

// How a load ended, as `duress run` tells it (docs/json.md, `end`).
struct LoadEnd {
  std::string reason{};  // deadline, signal, targetEnded, stressorKilled, guard, heldUp, failed
  std::string message{};
  Bytes usage_before{};
  Bytes usage_after{};
  std::int64_t kills = 0;
  std::vector<std::string> left_behind{};
};

// What was asked for and foretold, as `duress run` tells it (docs/json.md, `plan`).
struct LoadPlan {
  std::optional<Bytes> memory{};  // to add, or the level to reach
  bool reach = false;
  std::string when_oom{};  // natural, avoid, stressorFirst, appFirst
  std::optional<Cores> cpu{};
  int workers = 0;
  std::vector<std::string> notes{};
};

// explain/forecast.h's answer, kept to be held against what came.
struct Foretold {
  std::string answer{};  // safe, oom, oomApplication, cannotReach
  std::string victim{};  // name of the process
  bool group = false;
  std::string sentence{};
};

struct Header {
  int version = 1;
  WallTime began{};
  std::string duress_version{};
  std::vector<std::string> command{};
  std::string target{};
  std::string container_id{};
  std::string cgroup{};
  int cgroup_version = 0;
  std::string kernel{};
  Bytes node_total{};
  int node_cpus = 0;
  std::string qos_class{};              // "" where the path tells none
  std::vector<cgroup::Level> levels{};  // the way up as it was when the recording began
  bool kernel_log = false;              // it could be read: victims are named by the kernel
};

struct Recording {
  Header header{};
  std::optional<LoadPlan> plan{};
  std::optional<Foretold> foretold{};
  std::vector<Look> looks{};  // in order; thinned out evenly where it was very long
  std::vector<Event> events{};
  std::optional<LoadEnd> end{};
  bool complete = false;             // closed in order and undamaged; else `damage` says what it is
  std::string damage{};              // a sentence
  std::int64_t looks_taken = 0;      // more than looks.size() where it was thinned out
  std::int64_t events_left_out = 0;  // from the middle of very many
};

}  // namespace duress::observe
