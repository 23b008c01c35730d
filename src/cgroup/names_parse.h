// The files in which container runtimes and the kubelet keep names, as values. Nothing is opened
// here, and nothing that a file can hold makes it crash: what is not understood is left empty. Pure
// functions; any thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace duress::cgroup {

struct ContainerName {
  std::string container;
  std::string pod;
  std::string name_space;   // of Kubernetes
  std::string runtime;      // "docker", "containerd", "podman", "cri-o", "rehearse"; "" unknown
  bool is_sandbox = false;  // the Pod's pause container

  [[nodiscard]] bool empty() const { return container.empty() && pod.empty(); }
};

// Docker's config.v2.json: Name, and Config.Labels of Kubernetes.
[[nodiscard]] ContainerName parse_docker(std::string_view text);

// An OCI bundle's config.json: the annotations of containerd's CRI plugin, nerdctl, CRI-O and
// podman.
[[nodiscard]] ContainerName parse_bundle(std::string_view text);

// containers.json of containers/storage: ID -> its first name.
[[nodiscard]] std::map<std::string, std::string> parse_storage(std::string_view text);

// names.json of `duress rehearse`: {"<id>": {"container": ..., "pod": ..., "namespace": ...}}
[[nodiscard]] ContainerName parse_rehearse(std::string_view text, const std::string& id);

// "<pod>_<namespace>_<container>-<id>.log": the ID and what it is called.
[[nodiscard]] std::optional<std::pair<std::string, ContainerName>> parse_log_name(
    std::string_view name);

// "k8s_<container>_<pod>_<namespace>_<uid>_<attempt>", as cri-dockerd and CRI-O name; unset for
// another.
[[nodiscard]] std::optional<ContainerName> parse_k8s_name(std::string_view name);

// Fills what `name` lacks.
void complete(ContainerName& name, const ContainerName& from);

}  // namespace duress::cgroup
