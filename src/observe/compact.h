// A recording made to fit: the same file format (recording_coding.h) within so many bytes, for
// where a whole one has no room. Looks are thinned out as thinning.h does it; of very many events
// the kills and the first and last of the rest stay, and a note says how many do not. It reads no
// file. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>

#include "observe/recording.h"

namespace duress::observe {

// Below this not even a header has room.
inline constexpr std::size_t kLeastCompact = 8UL * 1024;

[[nodiscard]] std::string compact(const Recording& recording, std::size_t most);

}  // namespace duress::observe
