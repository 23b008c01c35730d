// What a container is started with: its command and environment, with $(NAME) expanded and the
// references filled in from the running Pod. It adds no variable of its own (PATH, HOSTNAME, those
// of Services). Pure; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "spec/pod.h"

namespace duress::spec {

// What only whoever runs the Pod knows.
struct PodFacts {
  std::string uid{};
  std::string pod_ip = "127.0.0.1";
  std::string node_name{};
  std::string host_ip = "127.0.0.1";
  Bytes node_memory{0};  // allocatable: what limits.memory reads as without a limit
  Cores node_cpu{0};
};

struct StartValues {
  std::vector<std::string> command{};
  std::vector<std::pair<std::string, std::string>> environment{};  // each name once: the last wins
};

// pkg/kubelet/kubelet_pods.go, makeEnvironmentVariables, and
// third_party/forked/golang/expansion/expand.go: a variable sees those before it; a name that is
// unknown stays as it is written; $$ is a $.
[[nodiscard]] StartValues start_values(const Pod& pod, const Container& container,
                                       const PodFacts& facts);

// The paths that a FieldReference may have; metadata.labels['x'] and metadata.annotations['x'] too.
[[nodiscard]] bool is_field(const std::string& path);

}  // namespace duress::spec
