// A Pod as its manifest asks for it, as a value: what a kubelet would be told, with Kubernetes'
// defaults filled in. Only what Duress gives a Pod is here; what it cannot give is refused or noted
// by the reader (pod_manifest.h). Plain values; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/qos.h"
#include "base/text.h"
#include "base/units.h"

namespace duress::spec {

struct HttpGet {
  std::string host{};  // "" is the Pod
  int port = 0;
  std::string path = "/";
  bool https = false;
  std::vector<std::pair<std::string, std::string>> headers{};
};
struct TcpSocket {
  std::string host{};
  int port = 0;
};
struct Exec {
  std::vector<std::string> command{};
};
struct Grpc {
  int port = 0;
  std::string service{};
};

// Defaults as of k8s.io/api/core/v1, Probe.
struct Probe {
  std::variant<HttpGet, TcpSocket, Exec, Grpc> how = TcpSocket{};
  std::chrono::seconds initial_delay{0};
  std::chrono::seconds period{10};
  std::chrono::seconds timeout{1};
  int success_threshold = 1;
  int failure_threshold = 3;
  std::optional<std::chrono::seconds> grace{};  // terminationGracePeriodSeconds of its own
};

struct Amounts {
  std::optional<Bytes> memory{};
  std::optional<Cores> cpu{};
};
struct Resources {
  Amounts requests{};  // unset requests are filled from the limits, as the API server does
  Amounts limits{};
};

struct EnvironmentVariable {
  std::string name{};
  std::string value{};  // $(NAME) of variables before it is expanded, as Kubernetes does
};

struct Mount {
  std::string volume{};
  std::string path{};
  std::string sub_path{};
  bool read_only = false;
};

struct Container {
  std::string name{};
  std::string image{};                 // never pulled: for messages
  std::vector<std::string> command{};  // command and args in one; empty: it has to be given
  std::vector<EnvironmentVariable> environment{};
  std::string working_directory{};  // "" is "/"
  Resources resources{};
  std::map<std::string, int> ports{};  // by name
  std::optional<Probe> liveness{};
  std::optional<Probe> readiness{};
  std::optional<Probe> startup{};
  std::vector<std::string> pre_stop{};
  std::optional<std::uint32_t> user{};
  std::optional<std::uint32_t> group{};
  std::vector<Mount> mounts{};
  bool sidecar = false;  // an init container with restartPolicy: Always
};

struct EmptyDir {
  bool in_memory = false;  // medium: Memory, a tmpfs charged to the container that writes
  std::optional<Bytes> size_limit{};
};
struct HostPath {
  std::string path{};
};
struct Volume {
  std::string name{};
  std::variant<EmptyDir, HostPath> source = EmptyDir{};
};

enum class RestartPolicy { kAlways, kOnFailure, kNever };

struct Pod {
  std::string name{};
  std::string ns = "default";
  std::map<std::string, std::string> labels{};
  std::map<std::string, std::string> annotations{};
  std::string owner{};  // "Deployment/web"; "" for a bare Pod
  RestartPolicy restart_policy = RestartPolicy::kAlways;
  std::chrono::seconds grace{30};
  std::string hostname{};
  std::vector<Volume> volumes{};
  std::vector<Container> init_containers{};  // in order, sidecars among them
  std::vector<Container> containers{};
};

// Kubernetes pkg/apis/core/v1/helper/qos/qos.go, GetPodQOS: over all containers, init ones too.
[[nodiscard]] QosClass qos_of(const Pod& pod);

// What the Pod's own cgroup is limited to (KEP-2837 without pod-level resources): the sum over the
// containers where each has that limit, or the largest init container where that is more.
[[nodiscard]] Amounts limits_of(const Pod& pod);
[[nodiscard]] Amounts requests_of(const Pod& pod);

}  // namespace duress::spec
