// Where objects lie in the API: kinds, places, and the paths and sentences made of them. It asks no
// server whether there is such a kind. Plain values and pure functions; any thread.
#pragma once

#include <string>
#include <string_view>

namespace duress::kube {

struct Resource {
  std::string group{};  // "" is the core group
  std::string version{};
  std::string plural{};
  bool is_namespaced = true;

  friend bool operator==(const Resource&, const Resource&) = default;
};

[[nodiscard]] inline Resource pods() { return {"", "v1", "pods", true}; }
[[nodiscard]] inline Resource nodes() { return {"", "v1", "nodes", false}; }
[[nodiscard]] inline Resource namespaces() { return {"", "v1", "namespaces", false}; }
[[nodiscard]] inline Resource config_maps() { return {"", "v1", "configmaps", true}; }
[[nodiscard]] inline Resource events() { return {"", "v1", "events", true}; }
[[nodiscard]] inline Resource leases() { return {"coordination.k8s.io", "v1", "leases", true}; }
[[nodiscard]] inline Resource custom_resource_definitions() {
  return {"apiextensions.k8s.io", "v1", "customresourcedefinitions", false};
}

// One object, or with an empty name all of a namespace, or with an empty namespace all there are.
struct Place {
  Resource resource{};
  std::string ns{};
  std::string name{};
  std::string subresource{};
};

// "/api/v1/namespaces/a/pods/b/status"
[[nodiscard]] std::string path_of(const Place& place);

// "pods a/b", "nodes n", "pods in namespace a", "pods in all namespaces", "pods/status a/b"
[[nodiscard]] std::string words_of(const Place& place);

}  // namespace duress::kube
