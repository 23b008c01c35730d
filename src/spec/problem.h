// One thing that is wrong with what a user wrote: which field, what was given, what is allowed.
// It is not an Error: several come at once, and none of them is the system's. Plain value; any
// thread.
#pragma once

#include <string>

namespace duress::spec {

struct Problem {
  std::string field;    // "spec.stressors.memory.workers", "--workers"
  std::string given;    // fit to print; empty where nothing was given or it says nothing
  std::string message;  // what is allowed, what to do
};

// One line: "spec.stressors.memory.workers: 0 is not allowed: 1 to 1024".
[[nodiscard]] std::string format_problem(const Problem& problem);

}  // namespace duress::spec
