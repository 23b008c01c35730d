// What a cgroup's path tells of the Pod that it belongs to: the Pod's UID and its QoS class, as a
// kubelet lays its tree out with the cgroupfs and the systemd driver. It asks nobody and knows no
// name or namespace of a Pod. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/qos.h"

namespace duress::cgroup {

struct PodPath {
  std::string uid;  // with dashes
  QosClass qos = QosClass::kGuaranteed;
};

// ".../kubepods/burstable/pod<uid>/<id>" or
// ".../kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod<uid_>.slice/<scope>"; the
// tree may lie below others (a node in a container). Unset: not a Pod's.
[[nodiscard]] std::optional<PodPath> pod_of(std::string_view path);

}  // namespace duress::cgroup
