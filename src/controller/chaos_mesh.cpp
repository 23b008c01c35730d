#include "controller/chaos_mesh.h"

#include <algorithm>

#include "base/text.h"
#include "controller/pod_view.h"

namespace duress::controller {

namespace {

using kube::list_at;
using kube::text_at;

// "podchaos,stresschaos"; "*" is all of them.
bool lists_ours(std::string_view kinds) {
  while (!kinds.empty()) {
    const std::size_t end = std::min(kinds.find(','), kinds.size());
    const std::string_view kind = trim(kinds.substr(0, end));
    if (kind == "*" || kind == "stresschaos") return true;
    kinds.remove_prefix(std::min(end + 1, kinds.size()));
  }
  return false;
}

bool serves(const kube::Json& deployment) {
  if (kube::number_at(deployment, "/spec/replicas").value_or(1) == 0) return false;
  for (const kube::Json& container : list_at(deployment, "/spec/template/spec/containers"))
    for (const kube::Json& one : list_at(container, "/env"))
      if (text_at(one, "/name") == "ENABLED_CONTROLLERS") return lists_ours(text_at(one, "/value"));
  return true;  // it serves all unless it is told otherwise
}

}  // namespace

std::string serves_stress_chaos(const kube::Json& deployments) {
  for (const kube::Json& deployment : list_at(deployments, "/items"))
    if (serves(deployment)) return key_of(deployment);
  return "";
}

}  // namespace duress::controller
