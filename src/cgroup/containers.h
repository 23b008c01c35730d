// Finding a container's cgroup by its ID; shared by the files of this folder. Reads directory names
// only. Any thread.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "cgroup/target.h"

namespace duress::cgroup {

[[nodiscard]] Result<std::string> path_of_container(const Roots& roots, const Hierarchy& hierarchy,
                                                    const std::string& wanted);

// "; there are:" and up to ten of them, a line each.
[[nodiscard]] std::string list_of(const std::vector<Container>& containers);

}  // namespace duress::cgroup
