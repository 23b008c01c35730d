// What only several fields together can tell: whether the stress that was asked for makes sense. It
// knows nothing of a machine or target (stress/plan.h does). Pure; any thread.
#pragma once

#include <vector>

#include "spec/load.h"
#include "spec/problem.h"

namespace duress::spec {

// How a problem names its fields: "spec.stressors.memory.size" or "--memory".
enum class Names { kManifest, kFlags };

// Everything that is wrong, not only the first; empty: fine. Values that no flag or manifest could
// have set are refused too.
[[nodiscard]] std::vector<Problem> validate(const Stressors& loads, Names names = Names::kManifest);

}  // namespace duress::spec
