// Where the custom resources of Duress lie in the API (spec/crd.h has what is in them). Plain
// values; any thread.
#pragma once

#include "kube/resource.h"

namespace duress::kube {

[[nodiscard]] inline Resource stress_chaos() {
  return {"chaos-mesh.org", "v1alpha1", "stresschaos", true};
}
[[nodiscard]] inline Resource node_stresses() {
  return {"duress.dev", "v1alpha1", "nodestresses", false};
}
[[nodiscard]] inline Resource stop_alls() { return {"duress.dev", "v1alpha1", "stopalls", false}; }
[[nodiscard]] inline Resource recordings() {
  return {"duress.dev", "v1alpha1", "recordings", true};
}

}  // namespace duress::kube
