// What a run will do, decided before anything is touched: from what was asked for and what was seen
// of the target and the machine. It opens, reads and changes nothing itself. Pure functions of
// values; any thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "cgroup/controllers.h"
#include "cgroup/oom_scene.h"
#include "cgroup/target.h"
#include "spec/load.h"
#include "stress/guard.h"

namespace duress::stress {

struct Observed {
  std::string target{};
  std::vector<cgroup::Level>
      levels{};  // the target first; empty where there is no memory controller
  cgroup::MemoryUse memory{};
  std::optional<cgroup::CpuLimits> cpu{};  // unset: no CPU controller
  std::optional<cgroup::PidsRoom> pids{};
  std::vector<cgroup::OomProcess> processes{};
  pid_t init = 0;
  int init_oom_score_adj = 0;
  Bytes node_total{};
  Bytes node_available{};
  os::PressureState node_pressure{};
  int node_cpus = 1;
  int own_oom_score_adj = 0;
  bool can_lock = true;                  // CAP_IPC_LOCK
  bool can_lower_oom_score = true;       // CAP_SYS_RESOURCE
  bool can_nice = true;                  // CAP_SYS_NICE
  bool kernel_can_hold_oom_off = false;  // v1: memory.oom_control
  bool counts_pids = false;              // workers count against the target's pids limit (v2)
};

struct MemoryPlan {
  spec::MemoryLoad load{};
  Bytes size{};                  // asked for: to add, or the level to reach
  std::vector<double> shares{};  // of the workers; they add up to 1
  int oom_score_adj = 0;
  Bytes keep_free{};            // below the nearest limit: reserve, and what `avoid` leaves
  std::optional<Bytes> most{};  // never held more than this, whatever becomes of the size
  bool locked = true;
};

struct CpuPlan {
  spec::CpuLoad load{};
  Cores asked{};     // to add, or the level to reach
  Cores possible{};  // what CPUs and quota allow
  int nice = 0;
};

struct Plan {
  std::optional<MemoryPlan> memory{};
  std::optional<CpuPlan> cpu{};
  NodeGuard guard{};
  std::vector<std::string> notes{};     // what the user should know
  std::vector<std::string> refusals{};  // not empty: nothing may be started
};

struct Asked {
  spec::Stressors loads{};
  std::optional<Bytes> at_most{};  // memory; unset: no bound
};

[[nodiscard]] Plan make_plan(const Asked& asked, const Observed& observed);

// The size in bytes as things stand now; again when the limit changes.
[[nodiscard]] Result<Bytes> resolve_size(const spec::MemoryLoad& load, const Observed& observed);

// The memory that can still be charged before a limit on the way up is met; unset where there is
// none. Inactive file cache is taken as free: the kernel reclaims it first.
[[nodiscard]] std::optional<Bytes> headroom(const std::vector<cgroup::Level>& levels,
                                            Bytes reclaimable);

}  // namespace duress::stress
