// A recording to test with: every field of it is set to something of its own. Test code only.
#pragma once

#include "observe/recording.h"

namespace duress::observe {

// The i-th look of a target under a load that grows.
[[nodiscard]] Look example_look(std::int64_t i);
[[nodiscard]] Recording example_recording(std::int64_t looks);

// Every field, by EXPECT_EQ.
void expect_same(const Recording& a, const Recording& b);

}  // namespace duress::observe
