// A preflight's answers as people and programs read them. It asks no cluster. Pure; any thread.
#pragma once

#include <string>

#include "kube/json.h"
#include "kubectl/view.h"

namespace duress::kubectl {

// All that there will be is there: every container is foretold, or nothing will come of it.
[[nodiscard]] bool is_foretold(const Experiment& preflight);

// A row for each container, then in sentences what would become of it, what follows and what to
// change.
[[nodiscard]] std::string preflight_text(const Experiment& preflight);
// docs/json.md.
[[nodiscard]] kube::Json preflight_json(const Experiment& preflight);

// As of `duress preflight`, the worst of all containers: 11, 10, 3; 1: not all are foretold; 0.
[[nodiscard]] int preflight_exit_code(const Experiment& preflight);

// Why it is not all that was asked for; empty: it is.
[[nodiscard]] std::string preflight_problem(const Experiment& preflight);

}  // namespace duress::kubectl
