#include "controller/bounds.h"

#include <algorithm>

#include "base/text.h"
#include "controller/assign.h"

namespace duress::controller {

namespace {

std::string not_allowed(const std::string& what, const std::string& value,
                        const std::string& flag) {
  return what + ": such Pods are not stressed unless the administrator allows it (chart value " +
         value + ": true, or duress controller " + flag + ")";
}

}  // namespace

std::string refusal_by(const Bounds& bounds, const PodView& pod) {
  const std::string& ns = pod.candidate.ns;
  if (bounds.protected_spaces.contains(ns))
    return "namespace " + quoted(ns) +
           " is one that the administrator protects from stress (chart value "
           "policies.protectedNamespaces, or duress controller --protected-namespaces)";
  if (pod.node_critical && !bounds.node_critical)
    return not_allowed("the Pod is critical to its node (priority 2000000000 or above)",
                       "bounds.nodeCritical", "--allow-node-critical");
  if (pod.is_static && !bounds.static_pods)
    return not_allowed("the Pod is static (its node's kubelet runs it, not the API server)",
                       "bounds.staticPods", "--allow-static-pods");
  if (pod.host_pid && !bounds.host_pid)
    return not_allowed("the Pod has hostPID: true (it sees all processes of its node)",
                       "bounds.hostPID", "--allow-host-pid");
  return "";
}

std::string refuse_too_many(const Bounds& bounds, const std::set<std::string>& running,
                            std::vector<Target>& targets) {
  if (bounds.targets == 0 || targets.size() <= bounds.targets) return "";
  const std::string why = std::to_string(targets.size()) +
                          " containers are meant, and the administrator allows an experiment " +
                          std::to_string(bounds.targets) +
                          " (chart value bounds.targets, or duress controller --most-targets): ";
  const auto runs = [&](const Target& target) { return running.contains(target.key()); };
  if (std::ranges::none_of(targets, runs)) {
    targets.clear();
    return why + "none is stressed; select fewer, or give spec.mode and spec.value";
  }
  const std::string out = why + "what runs goes on, and nothing more is begun";
  for (Target& target : targets)
    if (!runs(target) && target.refusal.empty()) target.refusal = out;
  return out;
}

}  // namespace duress::controller
