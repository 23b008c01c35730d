// How often a target's usage fell sharply and climbed again: what the OOM killer's coming and going
// looks like from outside. It does not say who was killed. Pure; any thread.
#pragma once

#include <vector>

#include "observe/recording.h"

namespace duress::explain::judging {

struct Sawtooth {
  int teeth = 0;  // fell sharply, and climbed again
  Bytes highest{};
  Bytes lowest{};  // of a fall
};

// Looks in the order of time.
[[nodiscard]] Sawtooth sawtooth_of(const std::vector<observe::Look>& looks);

}  // namespace duress::explain::judging
