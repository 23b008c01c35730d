// `duress rehearse`: Pods of ordinary manifests run on this machine as a kubelet would run them,
// with experiments on them; from the command line to the exit code. It wires and prints; the
// session does the rest. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Returns the exit code (rehearse_summary.h).
[[nodiscard]] int rehearse(const std::vector<std::string>& arguments);

}  // namespace duress::cli
