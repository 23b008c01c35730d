// What happened to a target and why, decided from its recording: one sentence, the evidence for it,
// and the time line. It measures nothing and prints nothing; what it says of causes is what the
// recording can prove, and where it cannot, it says so. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "observe/recording.h"

namespace duress::explain {

// What decides, where several hold: what the application suffered, the earliest first, as the rest
// follows from it; then the others in the order in which they stand here. kGroupKilled to
// kRestartedByLiveness and a bad kContainerRestarted are the application's.
enum class Finding {
  kGroupKilled,           // memory.oom.group: the whole container
  kAppOomKilledByStress,  // the application, because of the load
  kAppOomKilledByItself,  // the application, by its own growth
  kRestartedByLiveness,   // the probe failed and the container was ended for it
  kContainerRestarted,    // the container ended or was restarted for another reason
  kOtherKilled,           // a process that is neither the target's nor Duress's
  kSupervisorKilled,      // the process that steered the load
  kGuard,                 // the load ended because the node ran short
  kLoadFailed,            // the load ended by a failure of its own
  kUnnamedOomKilled,      // counted by the cgroup, but nobody can tell whom
  kStressorOomKilled,     // only Duress's own processes; `sawtooth` counts the falls
  kStressorEnded,         // they were ended, but not by the OOM killer
  kThrashing,             // refaults and pressure, without a kill
  kThrottled,             // the application was kept from the CPU by its quota
  kNodeShort,             // the node's memory was short, eviction near
  kNotReached,            // the level was not reached or not kept, and why
  kLimitChanged,          // on the way, and the load with it
  kCutOff,                // the recording has no end, and nothing else is wrong
  kUnknown,               // the recording shows nothing
  kFine,                  // the load was held as asked, and nothing happened
  kRecorderOnly,          // nothing was asked for: the target was only watched, and all was well
};
inline constexpr Finding kLastFinding = Finding::kRecorderOnly;
// "stressorOomKilled": the stable name in JSON.
[[nodiscard]] std::string_view name_of(Finding finding);

enum class Severity { kGood, kNotice, kBad };
// "good", "notice", "bad".
[[nodiscard]] std::string_view name_of(Severity severity);

struct TimelineEntry {
  Duration at{0};
  std::string text{};
  Severity severity = Severity::kNotice;
};

struct Verdict {
  Finding finding = Finding::kFine;
  Severity severity = Severity::kGood;  // bad: the application suffered
  bool application_survived = true;     // its first process lived, as far as was recorded
  int restarts = 0;                     // of the container
  std::int64_t stressor_kills = 0;
  std::int64_t application_kills = 0;
  int sawtooth = 0;                     // how often usage fell sharply and climbed again
  std::string sentence{};               // for people, whole
  std::vector<std::string> evidence{};  // sentences with figures and their source
  std::vector<std::string> also{};      // what else holds, of less weight
  std::vector<std::string> advice{};    // what to change
  std::optional<bool> as_foretold{};  // unset: nothing was foretold, or it was not put to the test
  std::string foretold{};             // the comparison in words
  std::vector<TimelineEntry> timeline{};
};

[[nodiscard]] Verdict judge(const observe::Recording& recording);

}  // namespace duress::explain
