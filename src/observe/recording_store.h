// The directory in which recordings are kept when nobody names a file: a name for each, room for
// the next, and which is the newest. It reads none of them. Functions; any thread, though two that
// make room at once may remove one more than they need.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/units.h"

namespace duress::observe {

inline constexpr std::string_view kRecordingDirectory = "/var/lib/duress/recordings";
inline constexpr std::string_view kRecordingSuffix = ".duress";

// What is kept; the oldest go first.
struct Keep {
  std::size_t files = 50;
  Bytes bytes = mib(256);
};

// Makes the directory, makes room for one more, and names it: "<directory>/20260131T235959Z-
// <target>.duress", with a number behind the target where that is taken.
[[nodiscard]] Result<std::string> new_recording_path(const std::string& directory,
                                                     const std::string& target, WallTime now,
                                                     const Keep& keep);

// The one that was written to last; kNotFound where there is none.
[[nodiscard]] Result<std::string> newest_recording(const std::string& directory);

}  // namespace duress::observe
