// Kubernetes' QoS class of a Pod, and the oom_score_adj that a kubelet gives its containers for it.
// It reads no manifest (spec/pod.h) and no cgroup (cgroup/pod_path.h). Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/units.h"

namespace duress {

enum class QosClass { kGuaranteed, kBurstable, kBestEffort };

// "Guaranteed", "Burstable", "BestEffort": as Kubernetes spells them.
[[nodiscard]] constexpr std::string_view name_of(QosClass qos) {
  switch (qos) {
    case QosClass::kGuaranteed:
      return "Guaranteed";
    case QosClass::kBurstable:
      return "Burstable";
    case QosClass::kBestEffort:
      return "BestEffort";
  }
  return "";
}

// pkg/kubelet/qos/policy.go, GetContainerOOMScoreAdjust: Guaranteed -997, BestEffort 1000,
// Burstable 1000 - 1000 x request / capacity, kept within 3 and 999.
[[nodiscard]] constexpr int oom_score_adj_of(QosClass qos, Bytes memory_request,
                                             Bytes node_capacity) {
  constexpr int kGuaranteedScore = -997;
  constexpr int kBestEffortScore = 1000;
  if (qos == QosClass::kGuaranteed) return kGuaranteedScore;
  if (qos == QosClass::kBestEffort || node_capacity.value <= 0) return kBestEffortScore;
  const std::int64_t part = (1000 * memory_request.value) / node_capacity.value;
  const std::int64_t score = 1000 - part;
  constexpr std::int64_t kLeast = 1000 + kGuaranteedScore;
  if (score < kLeast) return static_cast<int>(kLeast);
  return static_cast<int>(score == kBestEffortScore ? score - 1 : score);
}

}  // namespace duress
