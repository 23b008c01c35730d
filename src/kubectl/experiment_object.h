// The StressChaos that the flags of `kubectl duress run` or a manifest of `preflight` mean, as the
// object to create. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "kube/json.h"
#include "kubectl/arguments.h"

namespace duress::kubectl {

[[nodiscard]] kube::Json experiment_object(const Arguments& arguments, const std::string& ns);

// A preflight of the one StressChaos that `text` holds, YAML or JSON, under a name derived from its
// own; of its metadata only name and namespace count. `ns`: where, unless it says so itself.
// kUsage: what is wrong, a line each.
[[nodiscard]] Result<kube::Json> preflight_object(std::string_view text, const Arguments& arguments,
                                                  const std::string& ns);
// The same of flags.
[[nodiscard]] kube::Json preflight_object(const Arguments& arguments, const std::string& ns);

}  // namespace duress::kubectl
