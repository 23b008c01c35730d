#include "observe/sampler.h"

#include <sys/stat.h>

#include <algorithm>

namespace duress::observe {

namespace {

using std::chrono::microseconds;
using std::chrono::nanoseconds;

bool is_same_cgroup(const cgroup::Target& a, const cgroup::Target& b) {
  struct stat one{};
  struct stat other{};
  return ::fstat(a.trees.front().fd.get(), &one) == 0 &&
         ::fstat(b.trees.front().fd.get(), &other) == 0 && one.st_dev == other.st_dev &&
         one.st_ino == other.st_ino;
}

}  // namespace

Sampler::Sampler(const cgroup::Roots& roots, cgroup::Target target, os::MemoryInfo node,
                 const std::vector<std::string>& own_prefixes)
    : target_(std::move(target)),
      pressure_(target_.unified),
      node_(std::move(node)),
      processes_(roots, own_prefixes) {}

Result<Sampler> Sampler::make(const cgroup::Roots& roots, cgroup::Target target,
                              const std::vector<std::string>& own_prefixes) {
  auto node = os::MemoryInfo::open(roots.proc);
  if (!node) return std::unexpected(node.error());
  return Sampler(roots, std::move(target), std::move(*node), own_prefixes);
}

// What the files count since the cgroup was made becomes what has happened since the recording
// began.
void Sampler::count_from_here(Sight& sight) {
  Look& look = sight.look;
  std::int64_t memory_some = look.memory_pressure ? look.memory_pressure->some.count() : 0;
  std::int64_t memory_full = look.memory_pressure ? look.memory_pressure->full.count() : 0;
  std::int64_t cpu_some = look.cpu_pressure ? look.cpu_pressure->some.count() : 0;
  std::int64_t cpu_full = look.cpu_pressure ? look.cpu_pressure->full.count() : 0;
  std::int64_t cpu = look.cpu.count();
  std::int64_t throttled = look.throttled.count();
  const std::array<std::int64_t*, kCounters> figures = {&look.memory.refaults,
                                                        &look.memory.major_faults,
                                                        &cpu,
                                                        &look.periods,
                                                        &look.throttled_periods,
                                                        &throttled,
                                                        &memory_some,
                                                        &memory_full,
                                                        &cpu_some,
                                                        &cpu_full,
                                                        &look.oom_kills,
                                                        &look.limit_hits,
                                                        &sight.group_kills};
  if (!base_) {
    base_.emplace();
    for (std::size_t i = 0; i < kCounters; ++i) base_->at(i) = *figures.at(i);
  }
  for (std::size_t i = 0; i < kCounters; ++i) {
    // A cgroup's own counters never fall, but their sums over removed children can.
    now_.at(i) = std::max(now_.at(i), carried_.at(i) + *figures.at(i) - base_->at(i));
    *figures.at(i) = now_.at(i);
  }
  look.cpu = nanoseconds(cpu);
  look.throttled = nanoseconds(throttled);
  if (look.memory_pressure) {
    look.memory_pressure = {.some = microseconds(memory_some), .full = microseconds(memory_full)};
  }
  if (look.cpu_pressure)
    look.cpu_pressure = {.some = microseconds(cpu_some), .full = microseconds(cpu_full)};
}

Result<Sight> Sampler::look(Instant now) {
  Sight out;
  auto use = target_.memory->read();
  if (!use) return std::unexpected(use.error());
  out.look.memory = *use;
  auto oom = target_.memory->oom();
  if (!oom) return std::unexpected(oom.error());
  out.look.oom_kills = oom->kills;
  out.look.limit_hits = oom->limit_hits;
  out.group_kills = oom->group_kills;
  auto levels = target_.memory->levels();
  if (!levels) return std::unexpected(levels.error());
  out.levels = std::move(*levels);
  if (const auto limit = cgroup::effective_limit(out.levels)) {
    out.look.limit = limit->limit;
    out.limit_cgroup = out.levels.at(limit->level).path;
  }
  if (target_.cpu) {
    if (const auto cpu = target_.cpu->read()) {
      out.look.cpu = cpu->usage;
      out.look.periods = cpu->periods;
      out.look.throttled_periods = cpu->throttled_periods;
      out.look.throttled = cpu->throttled;
    }
  }
  if (!target_.unified.empty()) {
    out.look.memory_pressure = pressure_.memory();
    out.look.cpu_pressure = pressure_.cpu();
  }
  if (const auto available = node_.available()) out.look.node_available = *available;
  out.processes = processes_.look(target_, now);
  out.look.processes = processes_.count();
  out.look.workers = processes_.own_resident();
  count_from_here(out);
  return out;
}

void Sampler::retarget(cgroup::Target target) {
  if (!is_same_cgroup(target_, target)) {
    carried_ = now_;
    base_.emplace();  // what the new one has counted by now is of the recording
  }
  pressure_ = cgroup::PressureFiles(target.unified);
  target_ = std::move(target);
}

}  // namespace duress::observe
