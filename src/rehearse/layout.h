// How a kubelet lays Pods out in cgroups (its cgroupfs driver) and what it gives each of them, in
// terms that no cgroup version knows: shares, a quota, a limit. It makes nothing; trees.h does.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/qos.h"
#include "base/units.h"
#include "spec/pod.h"

namespace duress::rehearse {

inline constexpr std::int64_t kCpuPeriodUs = 100'000;  // the kubelet's --cpu-cfs-quota-period
inline constexpr std::int64_t kLeastShares = 2;
inline constexpr std::int64_t kMostShares = 262'144;

// pkg/kubelet/cm/helpers_linux.go, MilliCPUToShares: 1024 for a core, 2 without a request.
[[nodiscard]] std::int64_t shares_of(std::optional<Cores> cpu);
// The same file, MilliCPUToQuota: of a period, at least 1000. Unset: no limit.
[[nodiscard]] std::optional<std::int64_t> quota_of(std::optional<Cores> limit);
// opencontainers/cgroups, ConvertCPUSharesToCgroupV2Value, as runc has it from 1.3.2 and crun from
// 1.23: through (2, 1), (1024, 100) and (262144, 10000). The straight line of before gave 39 for
// 1024.
[[nodiscard]] std::int64_t weight_of(std::int64_t shares);

// What one cgroup is given.
struct Setting {
  std::optional<Bytes> memory{};
  std::optional<std::int64_t> cpu_shares{};  // unset: the kernel's default
  std::optional<std::int64_t> cpu_quota_us{};
  bool oom_group = false;  // where there is such a thing
  bool swap = true;        // a kubelet's NoSwap: none for containers
  bool inner = true;       // holds cgroups, not processes
};

// "/kubepods", "/kubepods/burstable", "/kubepods/besteffort"; Guaranteed Pods stand right below the
// first.
[[nodiscard]] std::string path_of(QosClass qos);
[[nodiscard]] std::string path_of(QosClass qos, const std::string& pod_uid);

struct Group {
  std::string path;
  Setting setting;
};
// The groups above the Pods, the upper ones first: pkg/kubelet/cm/qos_container_manager_linux.go.
// No limit on /kubepods: a kubelet's is the node's own capacity.
[[nodiscard]] std::vector<Group> groups_of(const std::vector<spec::Pod>& pods, Cores node);

// pkg/kubelet/cm/helpers_linux.go, ResourceConfigForPod.
[[nodiscard]] Setting setting_of(const spec::Pod& pod);
// pkg/kubelet/kuberuntime/kuberuntime_container_linux.go.
[[nodiscard]] Setting setting_of(const spec::Container& container, bool oom_group);

// pkg/kubelet/qos/policy.go: by the container's own request; a sidecar is not killed before the
// containers that it serves.
[[nodiscard]] int oom_score_adj_of(const spec::Pod& pod, const spec::Container& container,
                                   Bytes node_memory);

// What this machine can set: lowering it below `lowest` needs CAP_SYS_RESOURCE.
[[nodiscard]] int reachable_score(int wanted, int lowest);

}  // namespace duress::rehearse
