// `duress uninstall`: what has to be done before Duress goes from a cluster: all stress released,
// our objects away, our finalizer off the experiments. It removes no experiment and nothing that
// the chart made. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Exit code: 0 all is released, 1 something is left and told, 2 usage.
[[nodiscard]] int uninstall(const std::vector<std::string>& arguments);

}  // namespace duress::cli
