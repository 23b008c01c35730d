// `duress crds`: the custom resources that a cluster needs before it can take an experiment, and
// the reference of their fields. It talks to no cluster. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Exit code: 0, or 2 for usage.
[[nodiscard]] int crds(const std::vector<std::string>& arguments);

}  // namespace duress::cli
