#include "controller/pod_view.h"

#include <algorithm>

#include "base/wall_time.h"

namespace duress::controller {

namespace {

using kube::find;
using kube::list_at;
using kube::number_at;
using kube::text_at;

// Longer values are what tools leave behind (last-applied-configuration): nobody selects by them.
constexpr std::size_t kMostAnnotation = 1024;

spec::Labels pairs_at(const Json& object, std::string_view pointer, std::size_t most) {
  spec::Labels out;
  const Json* pairs = find(object, pointer);
  if (pairs == nullptr || !pairs->is_object()) return out;
  for (const auto& [key, value] : pairs->items()) {
    if (!value.is_string()) continue;
    const auto& text = value.get_ref<const std::string&>();
    if (text.size() <= most) out.emplace(key, text);
  }
  return out;
}

// "containerd://0123" -> "0123"
std::string bare_id(const std::string& id) {
  const std::size_t scheme = id.find("://");
  return scheme == std::string::npos ? id : id.substr(scheme + 3);
}

// The kubelet calls both system classes critical, and evicts neither.
constexpr std::int64_t kCriticalPriority = 2'000'000'000;

bool is_node_critical(const Json& pod) {
  if (const auto priority = number_at(pod, "/spec/priority")) return *priority >= kCriticalPriority;
  const std::string name = text_at(pod, "/spec/priorityClassName");
  return name == "system-node-critical" || name == "system-cluster-critical";
}

std::optional<WallTime> not_ready_since(const Json& pod) {
  for (const Json& condition : list_at(pod, "/status/conditions")) {
    if (text_at(condition, "/type") != "Ready") continue;
    if (text_at(condition, "/status") == "True") return std::nullopt;
    return parse_time(text_at(condition, "/lastTransitionTime"));
  }
  return std::nullopt;
}

bool is_static(const Json& pod) {
  if (find(pod, "/metadata/annotations/kubernetes.io~1config.mirror") != nullptr) return true;
  const std::string source = text_at(pod, "/metadata/annotations/kubernetes.io~1config.source");
  return !source.empty() && source != "api";
}

enum class Place { kOrdinary, kSidecar, kInit };

bool runs_again(Place place, const std::string& restart_policy, std::int64_t exit_code) {
  if (place == Place::kSidecar) return true;
  if (restart_policy == "Never") return false;
  const bool only_on_failure = place == Place::kInit || restart_policy == "OnFailure";
  return !only_on_failure || exit_code != 0;
}

ContainerView container_view(const Json& pod, const std::string& name, Place place) {
  ContainerView out;
  out.name = name;
  const auto* const list =
      place == Place::kOrdinary ? "/status/containerStatuses" : "/status/initContainerStatuses";
  for (const Json& status : list_at(pod, list)) {
    if (text_at(status, "/name") != name) continue;
    out.id = bare_id(text_at(status, "/containerID"));
    out.running = find(status, "/state/running") != nullptr;
    if (const auto code = number_at(status, "/state/terminated/exitCode"))
      out.is_over = !runs_again(place, text_at(pod, "/spec/restartPolicy"), *code);
  }
  return out;
}

void add_containers(const Json& pod, PodView& out) {
  const auto add = [&](const Json& container, Place place) {
    out.containers.push_back(container_view(pod, text_at(container, "/name"), place));
    out.candidate.containers.push_back(out.containers.back().name);
  };
  const auto is_sidecar = [](const Json& container) {
    return text_at(container, "/restartPolicy") == "Always";
  };
  const Json& init = list_at(pod, "/spec/initContainers");
  for (const Json& container : list_at(pod, "/spec/containers")) add(container, Place::kOrdinary);
  for (const Json& container : init)
    if (is_sidecar(container)) add(container, Place::kSidecar);
  for (const Json& container : init)
    if (!is_sidecar(container)) add(container, Place::kInit);
}

}  // namespace

PodView pod_view(const Json& pod) {
  PodView out;
  spec::Candidate& candidate = out.candidate;
  candidate.name = text_at(pod, "/metadata/name");
  candidate.ns = text_at(pod, "/metadata/namespace");
  candidate.labels = pairs_at(pod, "/metadata/labels", kMostAnnotation);
  candidate.annotations = pairs_at(pod, "/metadata/annotations", kMostAnnotation);
  candidate.phase = text_at(pod, "/status/phase");
  candidate.node = text_at(pod, "/spec/nodeName");
  candidate.pod_ip = text_at(pod, "/status/podIP");
  // What else an API server can select Pods by.
  const bool host_network = kube::is_true_at(pod, "/spec/hostNetwork");
  candidate.more_fields = {{"spec.restartPolicy", text_at(pod, "/spec/restartPolicy")},
                           {"spec.schedulerName", text_at(pod, "/spec/schedulerName")},
                           {"spec.serviceAccountName", text_at(pod, "/spec/serviceAccountName")},
                           {"spec.hostNetwork", host_network ? "true" : "false"},
                           {"status.nominatedNodeName", text_at(pod, "/status/nominatedNodeName")}};
  out.uid = text_at(pod, "/metadata/uid");
  out.runtime_class = text_at(pod, "/spec/runtimeClassName");
  out.node_critical = is_node_critical(pod);
  out.is_static = is_static(pod);
  out.host_pid = kube::is_true_at(pod, "/spec/hostPID");
  out.not_ready_since = not_ready_since(pod);
  out.terminating = find(pod, "/metadata/deletionTimestamp") != nullptr;
  add_containers(pod, out);
  return out;
}

NodeView node_view(const Json& node) {
  NodeView out;
  out.labels = pairs_at(node, "/metadata/labels", kMostAnnotation);
  for (const Json& condition : list_at(node, "/status/conditions"))
    if (text_at(condition, "/type") == "Ready")
      out.lost = text_at(condition, "/status") == "Unknown";
  return out;
}

bool is_open(const Json& ns) {
  return text_at(ns, "/metadata/annotations/chaos-mesh.org~1inject") == "enabled";
}

std::string key_of(const Json& object) {
  const std::string ns = text_at(object, "/metadata/namespace");
  const std::string name = text_at(object, "/metadata/name");
  return ns.empty() ? name : ns + "/" + name;
}

}  // namespace duress::controller
