// The worker program, embedded in this one. Read-only bytes; any thread.
#pragma once

#include <span>

namespace duress::stress {

[[nodiscard]] std::span<const unsigned char> stressor_image();

}  // namespace duress::stress
