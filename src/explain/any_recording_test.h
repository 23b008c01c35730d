// A recording out of any bytes: sensible and senseless figures, events in any order, texts of any
// bytes. The same bytes give the same recording. For property tests and the fuzzer; one thread.
#pragma once

#include <cstdint>
#include <span>

#include "observe/recording.h"

namespace duress::explain::testing {

[[nodiscard]] observe::Recording any_recording(std::span<const std::uint8_t> bytes);

}  // namespace duress::explain::testing
