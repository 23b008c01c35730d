// When a run ends for the sake of the machine: what it has to keep, held against what it has. It
// reads nothing and ends nothing. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "os/machine.h"
#include "spec/load.h"

namespace duress::stress {

struct NodeGuard {
  Bytes memory{};  // available at least
  spec::NodePressure pressure{};
};

// What the machine has now. Pressure that is not told is not beyond any guard.
struct NodeNow {
  Bytes available{};
  os::PressureState pressure{};
};

// Why the guard ends a run now; unset: it does not.
[[nodiscard]] std::optional<std::string> beyond(const NodeGuard& guard, const NodeNow& now);
// The pressure alone.
[[nodiscard]] std::optional<std::string> beyond(const spec::NodePressure& guard,
                                                const os::PressureState& now);
// A pressure is guarded that the kernel does not tell, and how to have it do so.
[[nodiscard]] std::optional<std::string> not_told(const spec::NodePressure& guard,
                                                  const os::PressureState& now);

// "memory 20 %, io 5 %"; empty: none is guarded.
[[nodiscard]] std::string words_of(const spec::NodePressure& guard);

}  // namespace duress::stress
