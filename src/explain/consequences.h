// What a cluster makes of a forecast: what is restarted, which mark stays, how far an eviction is,
// what another QoS class would change, and what to do about it. It foretells no kill (forecast.h
// does) and asks no API server: what it knows of the Pod is its cgroup's path. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/qos.h"
#include "explain/forecast.h"

namespace duress::explain {

// A kubelet's hard default for memory.available; it evicts below that.
inline constexpr Bytes kEvictionMark = mib(100);

struct Surroundings {
  std::optional<QosClass> qos{};   // by the path; unset: no Pod's cgroup
  std::optional<Bytes> request{};  // the Pod container's memory request, where it is known
  bool restarts = true;            // somebody starts the container anew: it is a Pod's
  Bytes node_working_set{};        // as a kubelet reckons it
  bool adj_follows = true;         // workers take the application's own oom_score_adj
  int lowest_adj = -1000;          // that workers can be given here
  std::optional<int> init_adj{};   // oom_score_adj of the target's first process
};

// The forecast with the application in another class.
struct ClassRow {
  QosClass qos = QosClass::kBurstable;
  bool now = false;  // it is of this class
  int oom_score_adj = 0;
  Forecast forecast{};
};

struct Eviction {
  Bytes available{};  // memory.available: capacity less the node's working set
  Bytes after{};      // with the load
  bool comes = false;
};

struct Consequences {
  std::vector<std::string> follows{};  // sentences, the weightiest first
  Eviction eviction{};
  std::optional<Bytes> request{};  // told, or reckoned from oom_score_adj
  bool request_reckoned = false;
  std::vector<ClassRow> classes{};
  std::vector<std::string> advice{};  // empty: nothing has to be changed
};

[[nodiscard]] Consequences consequences_of(const Scene& scene, const Load& load,
                                           const Forecast& forecast,
                                           const Surroundings& surroundings);

}  // namespace duress::explain
