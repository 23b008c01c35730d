#include "spec/pod_candidate.h"

#include <algorithm>

#include "base/text.h"

namespace duress::spec {

namespace {

std::string_view name_of(RestartPolicy policy) {
  switch (policy) {
    case RestartPolicy::kAlways:
      return "Always";
    case RestartPolicy::kOnFailure:
      return "OnFailure";
    case RestartPolicy::kNever:
      return "Never";
  }
  return "";
}

}  // namespace

Candidate candidate_of(const Pod& pod, const std::string& node) {
  Candidate out;
  out.name = pod.name;
  out.ns = pod.ns;
  out.labels = pod.labels;
  out.annotations = pod.annotations;
  out.phase = "Running";
  out.node = node;
  out.node_labels = {{"kubernetes.io/hostname", node}, {"kubernetes.io/os", "linux"}};
  out.more_fields = {{"spec.restartPolicy", std::string(name_of(pod.restart_policy))},
                     {"spec.schedulerName", "default-scheduler"},
                     {"spec.serviceAccountName", "default"},
                     {"spec.hostNetwork", "false"}};
  for (const Container& container : pod.containers) out.containers.push_back(container.name);
  for (const Container& container : pod.init_containers) {
    if (container.sidecar) out.containers.push_back(container.name);
  }
  return out;
}

std::string described(const std::vector<Candidate>& candidates) {
  constexpr std::size_t most = 8;
  std::string out;
  for (std::size_t i = 0; i < std::min(most, candidates.size()); ++i) {
    const Candidate& one = candidates[i];
    std::string labels;
    for (const auto& [key, value] : one.labels) {
      labels += (labels.empty() ? "" : ",") + key + "=" + value;
    }
    out += (i == 0 ? "" : ", ") + one.ns + "/" + one.name;
    if (!labels.empty()) out += " (" + quoted(labels, 120) + ")";
  }
  if (candidates.size() > most) out += " and " + std::to_string(candidates.size() - most) + " more";
  return out;
}

}  // namespace duress::spec
