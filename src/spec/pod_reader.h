// The spec of a Pod, bare or as a workload's template, as a value. Whose Pod it is, how many of it
// there are and what they are called is workload.h's. One call, one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/object_reader.h"
#include "spec/pod.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

struct PodRules {
  // What restartPolicy may be; the first where it is not given. Empty first: it must be given.
  std::vector<std::string_view> restart_policies{};
};

// Everything below `spec`, with no name yet. What is wrong is told; the value is then of no use.
[[nodiscard]] Pod read_pod_spec(ObjectReader& reader, const YamlNode& spec, const std::string& path,
                                const PodRules& rules);

}  // namespace duress::spec
