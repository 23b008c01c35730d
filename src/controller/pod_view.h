// What of a cluster's Pods, nodes and namespaces selecting and assigning need, and no more of them:
// a thousand Pods are a few MiB. It watches nothing (watcher.h fills it) and chooses nothing. Plain
// values and pure functions; any thread.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "controller/agent_pods.h"
#include "kube/json.h"
#include "spec/selection.h"

namespace duress::controller {

using kube::Json;

struct ContainerView {
  std::string name{};
  std::string id{};  // without the runtime's "containerd://"; empty: there was none yet
  bool running = false;
  bool is_over = false;  // it ended, and will not run again in this Pod

  friend bool operator==(const ContainerView&, const ContainerView&) = default;
};

struct PodView {
  spec::Candidate candidate{};  // its node's labels are in NodeView, once
  std::string uid{};
  std::string runtime_class{};
  bool terminating = false;
  bool node_critical = false;  // as the kubelet has it: others are evicted before it
  bool is_static = false;      // its node's kubelet has it from a file, and shows it here
  bool host_pid = false;
  std::optional<WallTime> not_ready_since{};  // by its node's clock; unset: it is Ready
  // As candidate.containers: ordinary ones first, sidecars behind them, init containers last.
  std::vector<ContainerView> containers{};

  friend bool operator==(const PodView&, const PodView&) = default;
};

struct NodeView {
  spec::Labels labels{};
  // Its kubelet has been silent for the grace period of the node controller (50 s): it is Unknown
  // then, and so is all that was told of it.
  bool lost = false;

  friend bool operator==(const NodeView&, const NodeView&) = default;
};

struct Inventory {
  std::map<std::string, PodView> pods{};  // by "namespace/name"
  std::map<std::string, NodeView> nodes{};
  std::set<std::string> open_namespaces{};  // annotated chaos-mesh.org/inject: enabled
  std::optional<AgentPods> agents{};        // unset: no sign of life is asked of agents
};

[[nodiscard]] PodView pod_view(const Json& pod);
[[nodiscard]] NodeView node_view(const Json& node);
[[nodiscard]] bool is_open(const Json& ns);

// "namespace/name" of an object's metadata; the name alone of what is in no namespace.
[[nodiscard]] std::string key_of(const Json& object);

}  // namespace duress::controller
