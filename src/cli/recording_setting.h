// What a recording says of this machine and of the command that made it, and where it goes. It
// makes nothing but the directory. Functions; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "cgroup/target.h"
#include "observe/recorder.h"

namespace duress::cli {

// `where`: a file, a directory (one that is there, or whose name ends with a slash), or unset: the
// usual directory. `command`: as typed, without the program's name.
[[nodiscard]] Result<observe::RecorderSetting> recorder_setting(
    const std::optional<std::string>& where, const std::vector<std::string>& command,
    const cgroup::Target& target, const Clock& clock);

}  // namespace duress::cli
