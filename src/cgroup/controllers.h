// One cgroup's memory and CPU as its kernel files tell them: two interfaces that hide whether the
// files are v1 or v2. They only read; what the engine changes goes through the warden. They hold
// directory fds, not paths, so they keep speaking of the same cgroup, and fail with kGone once it
// is removed. One thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/units.h"

namespace duress::cgroup {

// docs: FACTS of each field stand in docs/memory.md. Hierarchical figures throughout.
struct MemoryUse {
  Bytes usage;                    // v1 memory.usage_in_bytes, v2 memory.current
  Bytes anon;                     // v1 total_rss, v2 anon
  Bytes active_file;              // v1 total_active_file
  Bytes inactive_file;            // v1 total_inactive_file
  Bytes shmem;                    // v1 total_shmem
  std::optional<Bytes> kernel;    // v2 kernel (5.18), v1 memory.kmem.usage_in_bytes
  std::optional<Bytes> swap;      // v2 memory.swap.current, v1 total_swap
  std::int64_t refaults = 0;      // v1 total_workingset_refault_*, v2 workingset_refault_*; pages
  std::int64_t major_faults = 0;  // v1 total_pgmajfault, v2 pgmajfault

  // max(0, usage - inactive file): what `kubectl top` shows and the kubelet evicts by (cAdvisor
  // handler.go).
  [[nodiscard]] Bytes working_set() const {
    return usage > inactive_file ? usage - inactive_file : Bytes{0};
  }
};

// One cgroup on the way from the target to the root, the target first.
struct Level {
  std::string path;            // below the mount, "/kubepods/pod1/c1"
  std::optional<Bytes> limit;  // unset: unlimited
  std::optional<Bytes> high;   // v2 memory.high where set; never on v1
  Bytes usage;
  bool oom_group = false;          // v2 memory.oom.group
  bool oom_kill_disabled = false;  // v1 memory.oom_control
};

struct OomCounts {
  std::int64_t kills = 0;        // oom_kill: v2 memory.events (hierarchical), v1 memory.oom_control
  std::int64_t limit_hits = 0;   // v2 oom, v1 memory.failcnt
  std::int64_t group_kills = 0;  // v2 oom_group_kill (5.17): whole cgroups
  bool under_oom = false;        // v1 only
};

class Memory {
 public:
  virtual ~Memory() = default;
  [[nodiscard]] virtual Result<Bytes> usage() const = 0;  // one pread: cheap enough for 1 kHz
  [[nodiscard]] virtual Result<MemoryUse> read() const = 0;
  [[nodiscard]] virtual Result<std::vector<Level>> levels()
      const = 0;  // never empty; the root is left out
  [[nodiscard]] virtual Result<OomCounts> oom() const = 0;
};

struct CpuUse {
  std::chrono::nanoseconds usage{0};  // v1 cpuacct.usage, v2 usage_usec
  std::int64_t periods = 0;
  std::int64_t throttled_periods = 0;
  std::chrono::nanoseconds throttled{0};  // v1 throttled_time (ns), v2 throttled_usec
};

struct CpuLimits {
  std::optional<Cores> quota;  // the smallest on the way to the root
  int cpus = 1;                // CPUs it may run on (cpuset), at most those of the machine
  // The part of the machine that the group gets when all its siblings, on every level, want all
  // they can (shares on v1, weight on v2): the product over the levels of own / sum of siblings.
  Percent guaranteed{100};
};

class Cpu {
 public:
  virtual ~Cpu() = default;
  [[nodiscard]] virtual Result<CpuUse> read() const = 0;
  [[nodiscard]] virtual Result<CpuLimits> limits() const = 0;
};

// The smallest limit of the levels, and which level it is.
struct EffectiveLimit {
  Bytes limit;
  std::size_t level = 0;
};
[[nodiscard]] std::optional<EffectiveLimit> effective_limit(const std::vector<Level>& levels);

}  // namespace duress::cgroup
