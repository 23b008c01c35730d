// The three ways to name a target on a command line, for every subcommand that takes one. It finds
// no target: cgroup::locate does. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "cgroup/target.h"

namespace duress::cli {

struct TargetFlag {
  std::string_view name;
  std::string_view value;
  std::string_view help;
};
inline constexpr TargetFlag kTargetFlags[] = {
    {"--pid", "PID", "the container (cgroup) of this process"},
    {"--container", "ID", "a container of any runtime, by its ID or the beginning of it"},
    {"--cgroup", "PATH", "a cgroup, by its path below the mount or its absolute path"},
};

// kUsage: the value cannot be one. `flag` is one of the three.
[[nodiscard]] Result<cgroup::Wanted> wanted_target(std::string_view flag, const std::string& value);

}  // namespace duress::cli
