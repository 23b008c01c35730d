// What of a load is handed to the real stress-ng: its own options, which Duress does not understand
// and never drops. It builds the command line and finds the program; running it is the warden's.
// Pure but for the search; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "spec/load.h"

namespace duress::stress {

// The arguments, "stress-ng" first; unset: nothing asks for stress-ng.
[[nodiscard]] std::optional<std::vector<std::string>> stressng_arguments(
    const spec::Stressors& loads);

// The loads that stay with Duress's own workers.
[[nodiscard]] spec::Stressors without_stressng(const spec::Stressors& loads);

// The first executable `stress-ng` in the usual directories; kRefused where there is none.
[[nodiscard]] Result<std::string> find_stressng();

}  // namespace duress::stress
