// A Pod as its manifest asks for it, as a value: what a kubelet would be told, with Kubernetes'
// defaults filled in. Only what Duress gives a Pod is here; what it cannot give is refused or noted
// by the reader (workload.h). What only a running Pod has (its address) is filled in by
// pod_environment.h. Plain values; any thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/qos.h"
#include "base/units.h"
#include "spec/probe.h"

namespace duress::spec {

struct Amounts {
  std::optional<Bytes> memory{};
  std::optional<Cores> cpu{};  // whole thousandths
};
struct Resources {
  Amounts requests{};  // unset requests are filled from the limits, as the API server does
  Amounts limits{};
};

// A value that is known only of the running Pod: "metadata.name", "status.podIP", ...
struct FieldReference {
  std::string path{};
};
// "limits.memory" and the like, rounded up to whole divisors.
struct ResourceReference {
  std::string container{};  // "" is the own one
  std::string resource{};
  std::int64_t divisor_thousandths = 1000;
};
struct EnvironmentVariable {
  std::string name{};
  std::variant<std::string, FieldReference, ResourceReference> value{};  // text is not expanded yet
};

struct Mount {
  std::string volume{};
  std::string path{};
  std::string sub_path{};  // relative, without ".."
  bool read_only = false;
};

struct Sleep {
  std::chrono::seconds duration{0};
};

struct Container {
  std::string name{};
  std::string image{};                 // never pulled: for messages
  std::vector<std::string> command{};  // command and args in one, $(NAME) not expanded yet
  std::size_t arguments = 0;           // how many of its last words were given as args
  std::vector<EnvironmentVariable> environment{};
  std::string working_directory{};  // "" is "/"
  Resources resources{};
  std::map<std::string, int> ports{};  // by name
  std::optional<Probe> liveness{};
  std::optional<Probe> readiness{};
  std::optional<Probe> startup{};
  std::optional<std::variant<Exec, Sleep>> pre_stop{};
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
  std::string hostname{};  // filled: the Pod's name where the manifest has none
  std::vector<Volume> volumes{};
  std::vector<Container> init_containers{};  // in order, sidecars among them
  std::vector<Container> containers{};
};

}  // namespace duress::spec
