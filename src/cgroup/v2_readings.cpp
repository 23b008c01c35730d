// Documentation/admin-guide/cgroup-v2.rst. One read a file; what memory.stat holds is found in one
// pass.
#include <array>

#include "cgroup/membership.h"
#include "cgroup/parse.h"
#include "cgroup/readings.h"

namespace duress::cgroup {

namespace {

class V2Readings final : public Readings {
 public:
  V2Readings(FilePool& pool, Places places)
      : pool_(pool),
        at_(std::move(places.memory)),
        usage_(pool, "memory.current"),
        limit_(pool, "memory.max"),
        stat_(pool, "memory.stat"),
        events_(pool, "memory.events"),
        cpu_stat_(pool, "cpu.stat"),
        quota_(pool, "cpu.max"),
        procs_(pool, "cgroup.procs"),
        memory_pressure_(pool, "memory.pressure"),
        cpu_pressure_(pool, "cpu.pressure") {}

  [[nodiscard]] Result<Figures> figures() override {
    Figures out;
    const auto usage = pool_.read(usage_, at_);
    const auto value = usage ? number_value(*usage) : std::nullopt;
    if (!value || !read_memory_stat(out.memory)) return fail(Code::kGone, at_ + " was removed");
    out.memory.usage = Bytes{*value};
    if (const auto text = pool_.read(events_, at_))
      out.oom_kills = stat_value(*text, "oom_kill").value_or(0);
    out.cpu = read_cpu();
    if (const auto text = pool_.read(memory_pressure_, at_))
      out.memory_pressure = parse_pressure(*text);
    if (const auto text = pool_.read(cpu_pressure_, at_)) out.cpu_pressure = parse_pressure(*text);
    return out;
  }

  [[nodiscard]] OwnLimits limits() override {
    OwnLimits out;
    if (const auto text = pool_.read(limit_, at_)) {
      if (const auto limit = limit_value(*text)) out.memory = Bytes{*limit};
    }
    // "max 100000" or "50000 100000"
    if (const auto text = pool_.read(quota_, at_)) {
      const auto quota = number_value(*text);
      const std::size_t space = text->find(' ');
      const auto period =
          space == text->npos ? std::nullopt : number_value(text->substr(space + 1));
      if (quota && period && *quota > 0 && *period > 0)
        out.cpu = Cores{static_cast<double>(*quota) / static_cast<double>(*period)};
    }
    return out;
  }

  void members(Members& out) override {
    collect_members(pool_, procs_, at_, out.memory);
    out.cpu.clear();
  }

 private:
  [[nodiscard]] bool read_memory_stat(MemoryUse& out) {
    static constexpr std::array<std::string_view, 9> keys = {"anon",
                                                             "kernel",
                                                             "shmem",
                                                             "inactive_file",
                                                             "active_file",
                                                             "workingset_refault_anon",
                                                             "workingset_refault_file",
                                                             "pgmajfault",
                                                             "workingset_refault"};
    const auto text = pool_.read(stat_, at_);
    if (!text) return false;
    std::array<std::optional<std::int64_t>, keys.size()> found{};
    stat_values(*text, keys, found);
    out.anon = Bytes{found[0].value_or(0)};
    if (found[1]) out.kernel = Bytes{*found[1]};
    out.shmem = Bytes{found[2].value_or(0)};
    out.inactive_file = Bytes{found[3].value_or(0)};
    out.active_file = Bytes{found[4].value_or(0)};
    // Before 5.9 refaults were one figure, the last.
    out.refaults = found[5].value_or(0) + found[6].value_or(0) + found[8].value_or(0);
    out.major_faults = found[7].value_or(0);
    return true;
  }

  [[nodiscard]] std::optional<CpuUse> read_cpu() {
    const auto text = pool_.read(cpu_stat_, at_);
    if (!text) return std::nullopt;
    static constexpr std::array<std::string_view, 4> keys = {"usage_usec", "nr_periods",
                                                             "nr_throttled", "throttled_usec"};
    std::array<std::optional<std::int64_t>, keys.size()> found{};
    stat_values(*text, keys, found);
    CpuUse out;
    out.usage = std::chrono::microseconds(found[0].value_or(0));
    out.periods = found[1].value_or(0);
    out.throttled_periods = found[2].value_or(0);
    out.throttled = std::chrono::microseconds(found[3].value_or(0));
    return out;
  }

  FilePool& pool_;
  std::string at_;
  PooledFile usage_, limit_, stat_, events_;
  PooledFile cpu_stat_, quota_, procs_;
  PooledFile memory_pressure_, cpu_pressure_;
};

}  // namespace

Places v2_places(const Hierarchy& hierarchy, const std::string& path) {
  const Mount* mount = find_mount(hierarchy, "memory");
  Places out;
  if (mount != nullptr) out.memory = out.cpu = out.unified = mount->path + path;
  return out;
}

std::unique_ptr<Readings> make_v2_readings(FilePool& pool, Places places) {
  return std::make_unique<V2Readings>(pool, std::move(places));
}

std::string_view v2_source(Source source) {
  switch (source) {
    case Source::kUsage:
      return "memory.current";
    case Source::kLimit:
      return "memory.max";
    case Source::kAnon:
      return "memory.stat: anon";
    case Source::kActiveFile:
      return "memory.stat: active_file";
    case Source::kInactiveFile:
      return "memory.stat: inactive_file";
    case Source::kShmem:
      return "memory.stat: shmem";
    case Source::kKernel:
      return "memory.stat: kernel";
    case Source::kCpu:
      return "cpu.stat: usage_usec";
    case Source::kQuota:
      return "cpu.max";
    case Source::kThrottled:
      return "cpu.stat: nr_throttled, nr_periods";
    case Source::kPressureMemory:
      return "memory.pressure: some, total";
    case Source::kPressureCpu:
      return "cpu.pressure: some, total";
    case Source::kOomKills:
      return "memory.events: oom_kill";
    case Source::kProcesses:
      return "cgroup.procs";
  }
  return "";
}

}  // namespace duress::cgroup
