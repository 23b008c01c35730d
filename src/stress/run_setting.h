// What the engine is given for one run: the plan, what was seen, how long, and the machine's memory
// to watch. Values and one interface; made by the caller, used on the engine's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "stress/plan.h"

namespace duress::stress {

// What the engine needs of the machine.
class Node {
 public:
  virtual ~Node() = default;
  [[nodiscard]] virtual Result<Bytes>
  available() = 0;  // MemAvailable of /proc/meminfo; cheap enough for 1 kHz
  [[nodiscard]] virtual os::PressureState pressure() = 0;  // the kernel renews it every 2 s
};

struct Program {
  std::string path{};
  std::vector<std::string> arguments{};
};

struct RunSetting {
  Plan plan{};
  spec::Stressors loads{};  // as asked for: percentages are resolved anew when the limit moves
  std::optional<Program> program{};    // stress-ng
  std::optional<Duration> duration{};  // unset: until something ends it
  Observed observed{};
  std::uint64_t seed = 0;
  pid_t watched = 0;  // a process whose end is the target's end; 0: the cgroup's init only
};

}  // namespace duress::stress
