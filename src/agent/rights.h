// What an agent may do on its node: which capabilities it was given and what the lack of each
// costs, the host's cgroup namespace, and giving everything up. It never gains any right.
// Functions; before threads are started.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"

namespace duress::agent {

// A sentence for each that is missing: what it is for and what it costs to be without.
[[nodiscard]] std::vector<std::string> missing_rights();

// Under `nsdelegate` a process in a cgroup namespace of its own cannot put anything into a
// container's cgroup: it needs the host's. Nothing to do where it is there already.
[[nodiscard]] Result<> enter_host_cgroup_namespace(const std::string& proc);

// From here on this process is nobody, without capabilities, and gains none by executing anything.
// What could not be given up is an error; the rest is given up all the same.
[[nodiscard]] Result<> become_nobody();

}  // namespace duress::agent
