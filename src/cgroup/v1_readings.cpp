// Documentation/admin-guide/cgroup-v1/memory.rst, cpuacct.rst and scheduler/sched-bwc.rst. One read
// a file; what memory.stat holds is found in one pass.
#include <sys/stat.h>

#include <algorithm>
#include <array>

#include "cgroup/membership.h"
#include "cgroup/parse.h"
#include "cgroup/readings.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

// The first process of a cgroup, to ask where it is in the other trees.
std::vector<MembershipLine> membership_in(const Roots& roots, const std::string& directory) {
  auto text = os::read_file(directory + "/cgroup.procs");
  if (!text || text->empty()) return {};
  auto lines = membership_of(roots, text->substr(0, text->find('\n')));
  return lines ? std::move(*lines) : std::vector<MembershipLine>();
}

std::string directory_in(const Mount* mount, const std::vector<MembershipLine>& membership,
                         const std::string& path) {
  if (mount == nullptr) return "";
  const std::string at = membership.empty() ? path : path_in(*mount, membership).value_or("/");
  // The root of a tree is the whole machine and not this cgroup.
  if (at == "/") return "";
  struct stat about{};
  const std::string directory = mount->path + at;
  return ::stat(directory.c_str(), &about) == 0 ? directory : std::string();
}

class V1Readings final : public Readings {
 public:
  V1Readings(FilePool& pool, Places places)
      : pool_(pool),
        places_(std::move(places)),
        usage_(pool, "memory.usage_in_bytes"),
        limit_(pool, "memory.limit_in_bytes"),
        stat_(pool, "memory.stat"),
        oom_(pool, "memory.oom_control"),
        kernel_(pool, "memory.kmem.usage_in_bytes"),
        cpu_time_(pool, "cpuacct.usage"),
        cpu_stat_(pool, "cpu.stat"),
        quota_(pool, "cpu.cfs_quota_us"),
        period_(pool, "cpu.cfs_period_us"),
        memory_procs_(pool, "cgroup.procs"),
        cpu_procs_(pool, "cgroup.procs"),
        memory_pressure_(pool, "memory.pressure"),
        cpu_pressure_(pool, "cpu.pressure") {}

  [[nodiscard]] Result<Figures> figures() override {
    Figures out;
    const auto usage = number(usage_, places_.memory);
    if (!usage || !read_memory_stat(out.memory))
      return fail(Code::kGone, places_.memory + " was removed");
    out.memory.usage = Bytes{*usage};
    if (const auto kernel = number(kernel_, places_.memory)) out.memory.kernel = Bytes{*kernel};
    if (const auto text = pool_.read(oom_, places_.memory))
      out.oom_kills = stat_value(*text, "oom_kill").value_or(0);
    out.cpu = read_cpu();
    if (!places_.unified.empty()) {
      if (const auto text = pool_.read(memory_pressure_, places_.unified))
        out.memory_pressure = parse_pressure(*text);
      if (const auto text = pool_.read(cpu_pressure_, places_.unified))
        out.cpu_pressure = parse_pressure(*text);
    }
    return out;
  }

  [[nodiscard]] OwnLimits limits() override {
    OwnLimits out;
    if (const auto text = pool_.read(limit_, places_.memory)) {
      if (const auto limit = limit_value(*text)) out.memory = Bytes{*limit};
    }
    if (places_.cpu.empty()) return out;
    const auto quota = number(quota_, places_.cpu);
    const auto period = quota && *quota > 0 ? number(period_, places_.cpu) : std::nullopt;
    if (period && *period > 0)
      out.cpu = Cores{static_cast<double>(*quota) / static_cast<double>(*period)};
    return out;
  }

  void members(Members& out) override {
    collect_members(pool_, memory_procs_, places_.memory, out.memory);
    out.cpu.clear();
    if (!places_.cpu.empty()) collect_members(pool_, cpu_procs_, places_.cpu, out.cpu);
  }

 private:
  [[nodiscard]] std::optional<std::int64_t> number(PooledFile& file, const std::string& directory) {
    const auto text = pool_.read(file, directory);
    return text ? number_value(*text) : std::nullopt;
  }

  [[nodiscard]] bool read_memory_stat(MemoryUse& out) {
    static constexpr std::array<std::string_view, 9> keys = {"total_rss",
                                                             "total_shmem",
                                                             "total_swap",
                                                             "total_workingset_refault_anon",
                                                             "total_pgmajfault",
                                                             "total_workingset_refault_file",
                                                             "total_active_file",
                                                             "total_inactive_file",
                                                             "total_workingset_refault"};
    const auto text = pool_.read(stat_, places_.memory);
    if (!text) return false;
    std::array<std::optional<std::int64_t>, keys.size()> found{};
    stat_values(*text, keys, found);
    out.anon = Bytes{found[0].value_or(0)};
    out.shmem = Bytes{found[1].value_or(0)};
    if (found[2]) out.swap = Bytes{*found[2]};
    // Before 5.9 refaults were one figure, the last.
    out.refaults = found[3].value_or(0) + found[5].value_or(0) + found[8].value_or(0);
    out.major_faults = found[4].value_or(0);
    out.active_file = Bytes{found[6].value_or(0)};
    out.inactive_file = Bytes{found[7].value_or(0)};
    return true;
  }

  [[nodiscard]] std::optional<CpuUse> read_cpu() {
    if (places_.cpuacct.empty()) return std::nullopt;
    const auto used = number(cpu_time_, places_.cpuacct);
    if (!used) return std::nullopt;
    CpuUse out;
    out.usage = std::chrono::nanoseconds(*used);
    const auto text = places_.cpu.empty() ? std::nullopt : pool_.read(cpu_stat_, places_.cpu);
    if (!text) return out;
    out.periods = stat_value(*text, "nr_periods").value_or(0);
    out.throttled_periods = stat_value(*text, "nr_throttled").value_or(0);
    out.throttled = std::chrono::nanoseconds(stat_value(*text, "throttled_time").value_or(0));
    return out;
  }

  FilePool& pool_;
  Places places_;
  PooledFile usage_, limit_, stat_, oom_, kernel_;
  PooledFile cpu_time_, cpu_stat_, quota_, period_;
  PooledFile memory_procs_, cpu_procs_;
  PooledFile memory_pressure_, cpu_pressure_;
};

}  // namespace

Places v1_places(const Roots& roots, const Hierarchy& hierarchy, const std::string& path) {
  Places out;
  const Mount* memory = find_mount(hierarchy, "memory");
  if (memory == nullptr) return out;
  out.memory = memory->path + path;
  const std::vector<MembershipLine> membership = membership_in(roots, out.memory);
  out.cpu = directory_in(find_mount(hierarchy, "cpu"), membership, path);
  out.cpuacct = directory_in(find_mount(hierarchy, "cpuacct"), membership, path);
  const auto unified = std::ranges::find_if(
      hierarchy.mounts, [](const Mount& mount) { return mount.version == Version::kV2; });
  if (unified != hierarchy.mounts.end()) out.unified = directory_in(&*unified, membership, path);
  return out;
}

std::unique_ptr<Readings> make_v1_readings(FilePool& pool, Places places) {
  return std::make_unique<V1Readings>(pool, std::move(places));
}

std::string_view v1_source(Source source) {
  switch (source) {
    case Source::kUsage:
      return "memory.usage_in_bytes";
    case Source::kLimit:
      return "memory.limit_in_bytes";
    case Source::kAnon:
      return "memory.stat: total_rss";
    case Source::kActiveFile:
      return "memory.stat: total_active_file";
    case Source::kInactiveFile:
      return "memory.stat: total_inactive_file";
    case Source::kShmem:
      return "memory.stat: total_shmem";
    case Source::kKernel:
      return "memory.kmem.usage_in_bytes";
    case Source::kCpu:
      return "cpuacct.usage";
    case Source::kQuota:
      return "cpu.cfs_quota_us / cpu.cfs_period_us";
    case Source::kThrottled:
      return "cpu.stat: nr_throttled, nr_periods";
    case Source::kPressureMemory:
      return "none (hybrid: memory.pressure of the unified tree)";
    case Source::kPressureCpu:
      return "none (hybrid: cpu.pressure of the unified tree)";
    case Source::kOomKills:
      return "memory.oom_control: oom_kill";
    case Source::kProcesses:
      return "cgroup.procs";
  }
  return "";
}

}  // namespace duress::cgroup
