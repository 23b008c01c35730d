// All that a survey of many cgroups wants of one of them, in as few reads as there are files: the
// same figures as controllers.h gives, for hundreds of cgroups every second. It neither finds
// cgroups nor walks up to their limits (observe/overview.h does). It hides whether the files are v1
// or v2. One thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cgroup/controllers.h"
#include "cgroup/pool.h"
#include "cgroup/pressure.h"
#include "cgroup/target.h"

namespace duress::cgroup {

// What one cgroup itself is held to; those above it may be tighter.
struct OwnLimits {
  std::optional<Bytes> memory;
  std::optional<Cores> cpu;
};

struct Figures {
  MemoryUse memory;
  std::int64_t oom_kills = 0;
  std::optional<CpuUse> cpu;                // unset: no CPU controller for it
  std::optional<Pressure> memory_pressure;  // unset: PSI is off, or not in the unified tree
  std::optional<Pressure> cpu_pressure;
};

struct Members {
  std::vector<pid_t> memory;  // in the memory tree, in it and below
  std::vector<pid_t> cpu;     // v1: in the cpu tree; on v2 the same as `memory` and left empty
};

class Readings {
 public:
  virtual ~Readings() = default;
  [[nodiscard]] virtual Result<Figures> figures() = 0;  // kGone once the cgroup is removed
  [[nodiscard]] virtual OwnLimits limits() = 0;
  virtual void members(Members& out) = 0;  // replaces what `out` holds
};

// Where a cgroup is in each tree, as absolute directories; "" where it is not.
struct Places {
  std::string memory{};
  std::string cpu{};
  std::string cpuacct{};
  std::string unified{};
};
// v1: by the trees of a process in it, else by the same path.
[[nodiscard]] Places places_of(const Roots& roots, const Hierarchy& hierarchy,
                               const std::string& path);
[[nodiscard]] std::unique_ptr<Readings> make_readings(Version version, FilePool& pool,
                                                      Places places);

[[nodiscard]] Places v1_places(const Roots& roots, const Hierarchy& hierarchy,
                               const std::string& path);
[[nodiscard]] Places v2_places(const Hierarchy& hierarchy, const std::string& path);
[[nodiscard]] std::unique_ptr<Readings> make_v1_readings(FilePool& pool, Places places);
[[nodiscard]] std::unique_ptr<Readings> make_v2_readings(FilePool& pool, Places places);

// The file that each figure is read from, for people: "memory.stat: anon". "" for what is no file.
enum class Source {
  kUsage,
  kLimit,
  kAnon,
  kActiveFile,
  kInactiveFile,
  kShmem,
  kKernel,
  kCpu,
  kQuota,
  kThrottled,
  kPressureMemory,
  kPressureCpu,
  kOomKills,
  kProcesses
};
[[nodiscard]] std::string_view v1_source(Source source);
[[nodiscard]] std::string_view v2_source(Source source);

// What both versions share: PIDs of a directory's cgroup.procs and of those below it.
void collect_members(FilePool& pool, PooledFile& file, const std::string& directory,
                     std::vector<pid_t>& out);

}  // namespace duress::cgroup
