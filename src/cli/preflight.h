// `duress preflight`: what a load would do to a target, before anything is touched: headroom, who
// would be killed, what follows, what to change. It starts nothing and needs no rights but to read.
// One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Exit code: 0 safe, 10 the OOM killer would come for the stressor only, 11 it would take the
// application (alone or with the group), 2 usage, 3 refused, or the load cannot be reached.
[[nodiscard]] int preflight(const std::vector<std::string>& arguments);

}  // namespace duress::cli
