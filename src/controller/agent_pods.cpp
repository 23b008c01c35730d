#include "controller/agent_pods.h"

#include <algorithm>

namespace duress::controller {

namespace {

using kube::text_at;

// One that is being deleted runs until its last container has ended: so long it releases.
bool runs_now(const kube::Json& pod) {
  return std::ranges::any_of(kube::list_at(pod, "/status/containerStatuses"), [](const auto& one) {
    return kube::find(one, "/state/running") != nullptr;
  });
}

}  // namespace

std::string AgentPods::saw(const kube::Json& pod) {
  const std::string node = text_at(pod, "/spec/nodeName");
  if (node.empty()) return "";
  const AgentLife before = on(node);
  nodes_[node][text_at(pod, "/metadata/name")] = runs_now(pod);
  return on(node) == before ? "" : node;
}

std::string AgentPods::gone(const kube::Json& pod) {
  const std::string name = text_at(pod, "/metadata/name");
  const auto found =
      std::ranges::find_if(nodes_, [&](const auto& node) { return node.second.contains(name); });
  if (found == nodes_.end()) return "";
  const std::string node = found->first;
  const AgentLife before = on(node);
  found->second.erase(name);
  if (found->second.empty()) nodes_.erase(found);
  return on(node) == before ? "" : node;
}

AgentLife AgentPods::on(const std::string& node) const {
  const auto found = nodes_.find(node);
  if (found == nodes_.end()) return AgentLife::kNone;
  const bool runs = std::ranges::any_of(found->second, [](const auto& pod) { return pod.second; });
  return runs ? AgentLife::kRuns : AgentLife::kDown;
}

std::string AgentPods::to_look(const std::string& node) const {
  return "kubectl get pods -n " + ns_ + " -o wide -l " + selector_ +
         " --field-selector spec.nodeName=" + node;
}

}  // namespace duress::controller
