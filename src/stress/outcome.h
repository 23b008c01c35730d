// What a run tells while it lasts and when it has ended, as values with their units: the one
// vocabulary of the live line, the table, and JSON. It renders nothing. Made by the engine; any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "base/units.h"
#include "cgroup/controllers.h"

namespace duress::stress {

enum class EndReason {
  kDeadline,        // --for is over
  kSignal,          // Ctrl-C, SIGTERM, SIGHUP
  kTargetEnded,     // its init ended, or its cgroup was removed
  kStressorKilled,  // by the OOM killer, or ended by Duress in its place
  kGuard,           // the node ran short of memory
  kHeldUp,          // this process did not run for so long that a worker's lease ran out
  kFailed,          // anything else: the message tells
};

// "targetEnded": as JSON and recordings have it.
[[nodiscard]] std::string_view name_of(EndReason reason);

// Exit codes of `duress run`: documented in docs/run.md, stable.
enum class ExitCode : int {
  kDone = 0,
  kFailed = 1,
  kUsage = 2,
  kRefused = 3,
  kTargetEnded = 4,
  kStressorKilled = 5,
  kGuard = 6,
  kLeftBehind = 7,
};

struct Sample {
  Duration at{0};         // since the start
  Bytes asked{};          // what was asked for now (the ramp's value)
  Bytes held{};           // charged to the target for the load
  int workers = 0;        // memory workers alive
  bool yielding = false;  // less is held, to keep memory free
  cgroup::MemoryUse use{};
  std::optional<Bytes> limit{};  // the effective one
  std::optional<Cores> cpu_asked{};
  Cores cpu_got{};                     // of the load, over the time since the last sample
  Cores target_cpu{};                  // of the whole target, likewise
  std::int64_t throttled_periods = 0;  // since the start
  std::int64_t kills = 0;              // of workers
  std::int64_t oom_kills = 0;          // in the target, since the start
  std::optional<Duration> left{};
  Bytes node_available{};
};

// Mean, least and most of a figure over the samples since the level was reached.
struct Range {
  double mean = 0;
  double least = 0;
  double most = 0;
  std::int64_t count = 0;
  void add(double value);
};

struct Happening {
  Duration at{0};
  std::string what{};
};

struct Outcome {
  EndReason reason = EndReason::kDeadline;
  std::string message{};  // one sentence
  Duration lasted{0};
  Bytes usage_before{};  // of the target
  Bytes usage_peak{};
  Bytes usage_after{};
  Range held{};     // bytes
  Range cpu_got{};  // cores
  std::optional<Duration> first_touch{};
  std::optional<Duration> reached{};
  Duration release{0};
  std::chrono::nanoseconds target_cpu{
      0};  // that the target was charged in all, the CPU load included
  std::int64_t throttled_periods = 0;
  std::int64_t kills = 0;
  std::int64_t oom_kills = 0;
  std::vector<Happening> happenings{};
  std::vector<std::string> left_behind{};

  [[nodiscard]] ExitCode exit_code() const;
};

// Hears of a run. The engine's thread.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual void started() = 0;                         // the workers are placed
  virtual void sampled(const Sample& sample) = 0;     // once a second
  virtual void steered(Bytes asked, Bytes held) = 0;  // the memory load, ten times a second
  virtual void reached(Duration at) = 0;              // the level, for the first time
  virtual void happened(const Happening& happening) = 0;
};

}  // namespace duress::stress
