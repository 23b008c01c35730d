// One object that makes Pods (Pod, Deployment, StatefulSet, ...) as the Pods that it makes. It
// knows nothing of other documents (workload.h does). One call, one thread.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "spec/object_reader.h"
#include "spec/pod.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

[[nodiscard]] bool makes_pods(std::string_view kind);

// What is wrong is told; the Pods are then good for nothing but messages.
[[nodiscard]] std::vector<Pod> read_workload(ObjectReader& reader, const YamlNode& root,
                                             std::uint64_t seed);

}  // namespace duress::spec
