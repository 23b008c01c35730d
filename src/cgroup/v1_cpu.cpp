// Documentation/scheduler/sched-bwc.rst and admin-guide/cgroup-v1/{cpuacct,cpusets}.rst.
#include <unistd.h>

#include <algorithm>

#include "cgroup/files.h"
#include "cgroup/make_controllers.h"
#include "cgroup/membership.h"
#include "cgroup/parse.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

std::optional<std::int64_t> shares_of(const std::string& directory) {
  auto text = os::read_file(directory + "/cpu.shares");
  return text ? number_value(*text) : std::nullopt;
}

class V1Cpu final : public Cpu {
 public:
  explicit V1Cpu(const V1CpuTrees& trees)
      : usage_(trees.cpuacct_directory), cpus_(trees.cpuset_directory) {
    for (const Above& above : way_up(trees.cpu_mount, trees.cpu_path))
      levels_.emplace_back(above.directory);
  }

  [[nodiscard]] Result<CpuUse> read() const override {
    CpuUse out;
    auto used = usage_.number("cpuacct.usage");
    if (!used) return std::unexpected(used.error());
    out.usage = std::chrono::nanoseconds(*used);
    if (levels_.empty()) return out;
    auto stat = levels_.front().read("cpu.stat");
    if (!stat) return out;
    out.periods = stat_value(*stat, "nr_periods").value_or(0);
    out.throttled_periods = stat_value(*stat, "nr_throttled").value_or(0);
    out.throttled = std::chrono::nanoseconds(stat_value(*stat, "throttled_time").value_or(0));
    return out;
  }

  [[nodiscard]] Result<CpuLimits> limits() const override {
    CpuLimits out;
    out.cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    if (!cpus_.directory().empty()) {
      auto list = cpus_.read("cpuset.effective_cpus");
      if (const int count = list ? count_of_list(*list) : 0; count > 0)
        out.cpus = std::min(out.cpus, count);
    }
    for (const Files& level : levels_) {
      const auto quota = level.number("cpu.cfs_quota_us");
      const auto period = level.number("cpu.cfs_period_us");
      if (quota && period && *quota > 0 && *period > 0) {
        const Cores here{static_cast<double>(*quota) / static_cast<double>(*period)};
        out.quota = out.quota ? std::min(*out.quota, here) : here;
      }
      out.guaranteed.value *= part_among_siblings(level.directory(), shares_of);
    }
    return out;
  }

 private:
  Files usage_;
  Files cpus_;
  std::vector<Files> levels_;
};

}  // namespace

std::unique_ptr<Cpu> make_v1_cpu(const V1CpuTrees& trees) { return std::make_unique<V1Cpu>(trees); }

bool is_known_controller(std::string_view name) {
  constexpr std::string_view kKnown[] = {"memory", "cpu", "cpuacct", "cpuset", "pids", "freezer"};
  return std::ranges::find(kKnown, name) != std::end(kKnown);
}

void add_v1_controllers(const Hierarchy& hierarchy, Target& target) {
  target.memory = make_v1_memory(find_mount(hierarchy, "memory")->path, target.path);
  const Tree* time = tree_with(target, "cpuacct");
  if (time == nullptr) return;
  V1CpuTrees trees;
  trees.cpuacct_directory = time->directory;
  if (const Tree* cpu = tree_with(target, "cpu")) {
    trees.cpu_mount = find_mount(hierarchy, "cpu")->path;
    trees.cpu_path = cpu->directory.substr(trees.cpu_mount.size());
  }
  if (const Tree* cpuset = tree_with(target, "cpuset")) trees.cpuset_directory = cpuset->directory;
  target.cpu = make_v1_cpu(trees);
}

}  // namespace duress::cgroup
