// What happened to a target at one moment, as a value: a kill, a process that came or went, a
// probe, a word of the load. Who saw it is told by its kind; nothing is judged here. Plain values,
// owned by whoever holds them; any thread.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "base/units.h"

namespace duress::observe {

// Their order is the file's: new ones are added at the end.
enum class EventKind : std::uint8_t {
  kLoadStarted,
  kLoadReached,
  kLoadEnded,
  kTold,          // by the load: a sentence
  kProcessCame,   // subject: its name
  kProcessWent,   // likewise
  kOomKill,       // subject: the victim's name, "" where nobody could tell it
  kOomGroupKill,  // the whole cgroup, one event: members
  kLimitChanged,
  kProbeFailed,  // subject: liveness, readiness, startup
  kProbePassed,
  kContainerStarted,
  kContainerEnded,  // code: as a container's exit code; unset where only its end was seen
  kContainerRestarted,
  kSupervisorKilled,  // the process that told of the load went without a word
  kOutsiderKilled,    // by a limit that the target is below, or by the node: a process that is not
                      // the target's. subject: its name; text: its cgroup
  kNoted,             // by the recorder: what it could not see, a sentence
};
inline constexpr EventKind kLastEventKind = EventKind::kNoted;

// One process of a killed group.
struct Member {
  pid_t pid = 0;
  std::string name{};
  bool ours = false;
};

struct Event {
  Duration at{0};
  EventKind kind = EventKind::kTold;
  std::string subject{};
  std::string text{};  // a sentence for people
  pid_t pid = 0;
  bool ours = false;             // the process is one of Duress's workers
  std::optional<Bytes> bytes{};  // usage at that time; the new limit (unset: none any more)
  std::optional<int> code{};
  std::string cgroup{};             // whose limit it was; "" where it is not known
  std::optional<Bytes> resident{};  // the victim's, as the kernel said it
  std::optional<int> oom_score_adj{};
  std::vector<Member> members{};
};

}  // namespace duress::observe
