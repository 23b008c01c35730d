// Documentation/admin-guide/cgroup-v1/memory.rst; the "total_" figures of memory.stat include the
// cgroups below.
#include "cgroup/files.h"
#include "cgroup/make_controllers.h"
#include "cgroup/parse.h"

namespace duress::cgroup {

namespace {

class V1Memory final : public Memory {
 public:
  V1Memory(const std::string& mount, const std::string& path) {
    for (const Above& above : way_up(mount, path)) {
      paths_.push_back(above.path);
      files_.emplace_back(above.directory);
    }
  }

  [[nodiscard]] Result<Bytes> usage() const override {
    auto value = files_.front().number("memory.usage_in_bytes");
    if (!value) return std::unexpected(value.error());
    return Bytes{*value};
  }

  [[nodiscard]] Result<MemoryUse> read() const override {
    auto now = usage();
    if (!now) return std::unexpected(now.error());
    auto stat = files_.front().read("memory.stat");
    if (!stat) return std::unexpected(stat.error());
    const auto part = [&stat](std::string_view key) {
      return Bytes{stat_value(*stat, key).value_or(0)};
    };
    MemoryUse out;
    out.usage = *now;
    out.anon = part("total_rss");
    out.active_file = part("total_active_file");
    out.inactive_file = part("total_inactive_file");
    out.shmem = part("total_shmem");
    if (const auto kernel = files_.front().number("memory.kmem.usage_in_bytes"))
      out.kernel = Bytes{*kernel};
    if (const auto swap = stat_value(*stat, "total_swap")) out.swap = Bytes{*swap};
    out.refaults = part("total_workingset_refault_anon").value +
                   part("total_workingset_refault_file").value +
                   part("total_workingset_refault").value;  // before 5.9 one figure
    out.major_faults = part("total_pgmajfault").value;
    return out;
  }

  [[nodiscard]] Result<std::vector<Level>> levels() const override {
    std::vector<Level> out;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      auto now = files_[i].number("memory.usage_in_bytes");
      if (!now) return std::unexpected(now.error());
      Level level;
      level.path = paths_[i];
      level.usage = Bytes{*now};
      if (const auto limit = files_[i].limit("memory.limit_in_bytes")) level.limit = Bytes{*limit};
      if (auto control = files_[i].read("memory.oom_control")) {
        level.oom_kill_disabled = stat_value(*control, "oom_kill_disable").value_or(0) != 0;
      }
      out.push_back(level);
    }
    return out;
  }

  [[nodiscard]] Result<OomCounts> oom() const override {
    auto control = files_.front().read("memory.oom_control");
    if (!control) return std::unexpected(control.error());
    OomCounts out;
    out.kills = stat_value(*control, "oom_kill").value_or(0);
    out.under_oom = stat_value(*control, "under_oom").value_or(0) != 0;
    if (const auto hits = files_.front().number("memory.failcnt")) out.limit_hits = *hits;
    return out;
  }

 private:
  std::vector<std::string> paths_;
  std::vector<Files> files_;
};

}  // namespace

std::unique_ptr<Memory> make_v1_memory(const std::string& mount, const std::string& path) {
  return std::make_unique<V1Memory>(mount, path);
}

}  // namespace duress::cgroup
