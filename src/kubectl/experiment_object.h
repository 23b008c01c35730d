// The StressChaos that the flags of `kubectl duress run` mean, as the object to create. Pure; any
// thread.
#pragma once

#include <string>

#include "kube/json.h"
#include "kubectl/arguments.h"

namespace duress::kubectl {

[[nodiscard]] kube::Json experiment_object(const Arguments& arguments, const std::string& ns);

}  // namespace duress::kubectl
