// `kubectl duress`: experiments of a cluster, from the command line. It needs the rights of whoever
// calls it and no others, and talks to the API server only. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::kubectl {

// Exit codes: 0 done, 1 failed, 2 usage; preflight has 3, 10 and 11 too (commands.h).
[[nodiscard]] int plugin(const std::vector<std::string>& words);

}  // namespace duress::kubectl
