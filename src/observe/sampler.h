// One look at a target, whenever it is asked for one: its memory, limits, CPU, pressure, kills and
// processes. It keeps no course and writes nothing; it only remembers where the counters stood when
// it began, so that they go on when the target is another cgroup (a restarted container). Owned by
// one recorder; one thread.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "cgroup/target.h"
#include "observe/processes.h"
#include "observe/recording.h"
#include "os/machine.h"

namespace duress::observe {

struct Sight {
  Look look{};  // all but `at`, `asked` and `held`
  std::vector<cgroup::Level> levels{};
  std::string limit_cgroup{};  // the level with the effective limit; "" where there is none
  Processes::Change processes{};
  std::int64_t group_kills = 0;  // of whole cgroups, since the recording began
};

class Sampler final {
 public:
  [[nodiscard]] static Result<Sampler> make(const cgroup::Roots& roots, cgroup::Target target,
                                            const std::vector<std::string>& own_prefixes);
  // kGone: the cgroup was removed.
  [[nodiscard]] Result<Sight> look(Instant now);
  void glance(Instant now) { processes_.glance(target_, now); }
  // The counters go on from where they were.
  void retarget(cgroup::Target target);

  [[nodiscard]] const cgroup::Target& target() const { return target_; }
  [[nodiscard]] const Processes& processes() const { return processes_; }
  [[nodiscard]] Bytes node_total() const { return node_.total(); }

 private:
  // Whatever only rises, in an order of its own.
  static constexpr std::size_t kCounters = 13;
  using Counters = std::array<std::int64_t, kCounters>;
  Sampler(const cgroup::Roots& roots, cgroup::Target target, os::MemoryInfo node,
          const std::vector<std::string>& own_prefixes);
  void count_from_here(Sight& sight);

  cgroup::Target target_;
  cgroup::PressureFiles pressure_;
  os::MemoryInfo node_;
  Processes processes_;
  std::optional<Counters> base_;  // unset: the next look is the first
  Counters carried_{};
  Counters now_{};
};

}  // namespace duress::observe
