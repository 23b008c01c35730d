// A number that no two processes have in common, to begin a generator of jitter or draws with. Not
// for secrets. Any thread.
#pragma once

#include <cstdint>

namespace duress::os {

// From the kernel; where it has none yet, of the process and the time.
[[nodiscard]] std::uint64_t random_seed();

}  // namespace duress::os
