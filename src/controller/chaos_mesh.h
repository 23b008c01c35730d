// Whether a Chaos Mesh beside us serves StressChaos: its controller manager says in its environment
// which kinds it does. It asks nobody. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "kube/json.h"
#include "kube/resource.h"

namespace duress::controller {

inline constexpr std::string_view kChaosMeshLabels =
    "app.kubernetes.io/part-of=chaos-mesh,app.kubernetes.io/component=controller-manager";

[[nodiscard]] inline kube::Place deployments() {
  return {{"apps", "v1", "deployments", true}, "", "", ""};
}

// "namespace/name" of one that does, of a list of Deployments with these labels; empty: none. One
// that is scaled to nothing serves nothing.
[[nodiscard]] std::string serves_stress_chaos(const kube::Json& deployments);

}  // namespace duress::controller
