// Documentation/admin-guide/cgroup-v2.rst, CPU and Cpuset Interface Files.
#include <unistd.h>

#include <algorithm>

#include "base/text.h"
#include "cgroup/files.h"
#include "cgroup/make_controllers.h"
#include "cgroup/membership.h"
#include "cgroup/parse.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

std::optional<std::int64_t> weight_of(const std::string& directory) {
  auto text = os::read_file(directory + "/cpu.weight");
  return text ? number_value(*text) : std::nullopt;
}

class V2Cpu final : public Cpu {
 public:
  V2Cpu(const std::string& mount, const std::string& path) {
    for (const Above& above : way_up(mount, path)) levels_.emplace_back(above.directory);
  }

  [[nodiscard]] Result<CpuUse> read() const override {
    auto stat = levels_.front().read("cpu.stat");
    if (!stat) return std::unexpected(stat.error());
    CpuUse out;
    out.usage = std::chrono::microseconds(stat_value(*stat, "usage_usec").value_or(0));
    out.periods = stat_value(*stat, "nr_periods").value_or(0);
    out.throttled_periods = stat_value(*stat, "nr_throttled").value_or(0);
    out.throttled = std::chrono::microseconds(stat_value(*stat, "throttled_usec").value_or(0));
    return out;
  }

  [[nodiscard]] Result<CpuLimits> limits() const override {
    CpuLimits out;
    out.cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
    auto list = levels_.front().read("cpuset.cpus.effective");
    if (const int count = list ? count_of_list(*list) : 0; count > 0)
      out.cpus = std::min(out.cpus, count);
    for (const Files& level : levels_) {
      // "max 100000" or "50000 100000"
      if (auto text = level.read("cpu.max")) {
        const std::vector<std::string> words = split(*text, ' ');
        const auto quota = words.empty() ? std::nullopt : number_value(words[0]);
        const auto period = words.size() < 2 ? std::nullopt : number_value(words[1]);
        if (quota && period && *quota > 0 && *period > 0) {
          const Cores here{static_cast<double>(*quota) / static_cast<double>(*period)};
          out.quota = out.quota ? std::min(*out.quota, here) : here;
        }
      }
      out.guaranteed.value *= part_among_siblings(level.directory(), weight_of);
    }
    return out;
  }

 private:
  std::vector<Files> levels_;
};

}  // namespace

std::unique_ptr<Cpu> make_v2_cpu(const std::string& mount, const std::string& path) {
  return std::make_unique<V2Cpu>(mount, path);
}

void add_v2_controllers(const Hierarchy& hierarchy, Target& target) {
  const Mount* mount = find_mount(hierarchy, "memory");
  target.memory = make_v2_memory(mount->path, target.path);
  if (find_mount(hierarchy, "cpu") == mount) target.cpu = make_v2_cpu(mount->path, target.path);
  auto passed_on = os::read_file(target.trees.front().directory + "/cgroup.subtree_control");
  target.has_children = passed_on && !trim(*passed_on).empty();
}

}  // namespace duress::cgroup
