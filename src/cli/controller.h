// `duress controller`: turns experiments of a cluster into orders for its nodes, until it is told
// to end. This file only reads flags and wires; src/controller does the work.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Returns the exit code: 0 ended by a signal, 1 failed, 2 usage, 3 refused.
int controller(const std::vector<std::string>& words);

}  // namespace duress::cli
