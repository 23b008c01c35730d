// Which cgroup of a tree a process is in. Shared by detect and locate; reads /proc only. Any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cgroup/parse.h"
#include "cgroup/target.h"

namespace duress::cgroup {

[[nodiscard]] const Mount* find_mount(const Hierarchy& hierarchy, std::string_view controller);

// Null where the target is in no tree of that controller (v1).
[[nodiscard]] const Tree* tree_with(const Target& target, std::string_view controller);

// Below the mount point: "/" is the mount point itself. Unset: not in that tree.
[[nodiscard]] std::optional<std::string> path_in(const Mount& mount,
                                                 const std::vector<MembershipLine>& membership);

// `process`: a PID, or "self".
[[nodiscard]] Result<std::vector<MembershipLine>> membership_of(const Roots& roots,
                                                                const std::string& process);

}  // namespace duress::cgroup
