// What a Pod is given as a whole, from what its containers ask for: QoS class, limits and requests,
// as Kubernetes adds them up. It knows no cgroup. Pure; any thread.
#pragma once

#include "base/qos.h"
#include "spec/pod.h"

namespace duress::spec {

// Kubernetes pkg/apis/core/v1/helper/qos/qos.go, GetPodQOS: over all containers, init ones too;
// what is 0 does not count.
[[nodiscard]] QosClass qos_of(const Pod& pod);

// What the Pod's own cgroup is limited to. k8s.io/component-helpers/resource/helpers.go, PodLimits:
// containers and sidecars added up, or an init container with the sidecars before it where that is
// more. pkg/kubelet/cm/helpers_linux.go, ResourceConfigForPod: only where each of them has that
// limit.
[[nodiscard]] Amounts limits_of(const Pod& pod);

// PodRequests of the same file; a container without a request counts as nothing.
[[nodiscard]] Amounts requests_of(const Pod& pod);

}  // namespace duress::spec
