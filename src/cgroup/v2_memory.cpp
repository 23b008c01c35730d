// Documentation/admin-guide/cgroup-v2.rst, Memory Interface Files.
#include "cgroup/files.h"
#include "cgroup/make_controllers.h"
#include "cgroup/parse.h"

namespace duress::cgroup {

namespace {

class V2Memory final : public Memory {
 public:
  V2Memory(const std::string& mount, const std::string& path) {
    for (const Above& above : way_up(mount, path)) {
      paths_.push_back(above.path);
      files_.emplace_back(above.directory);
    }
  }

  [[nodiscard]] Result<Bytes> usage() const override {
    auto value = files_.front().number("memory.current");
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
    out.anon = part("anon");
    out.active_file = part("active_file");
    out.inactive_file = part("inactive_file");
    out.shmem = part("shmem");
    if (const auto kernel = stat_value(*stat, "kernel")) out.kernel = Bytes{*kernel};
    if (const auto swap = files_.front().number("memory.swap.current")) out.swap = Bytes{*swap};
    out.refaults = part("workingset_refault_anon").value + part("workingset_refault_file").value +
                   part("workingset_refault").value;  // before 5.9 one figure
    out.major_faults = part("pgmajfault").value;
    return out;
  }

  [[nodiscard]] Result<std::vector<Level>> levels() const override {
    std::vector<Level> out;
    for (std::size_t i = 0; i < files_.size(); ++i) {
      auto now = files_[i].number("memory.current");
      if (!now) return std::unexpected(now.error());
      Level level;
      level.path = paths_[i];
      level.usage = Bytes{*now};
      if (const auto limit = files_[i].limit("memory.max")) level.limit = Bytes{*limit};
      if (const auto high = files_[i].limit("memory.high")) level.high = Bytes{*high};
      level.oom_group = files_[i].number("memory.oom.group").value_or(0) != 0;
      out.push_back(level);
    }
    return out;
  }

  [[nodiscard]] Result<OomCounts> oom() const override {
    auto events = files_.front().read("memory.events");
    if (!events) return std::unexpected(events.error());
    OomCounts out;
    out.kills = stat_value(*events, "oom_kill").value_or(0);
    out.limit_hits = stat_value(*events, "oom").value_or(0);
    out.group_kills = stat_value(*events, "oom_group_kill").value_or(0);
    return out;
  }

 private:
  std::vector<std::string> paths_;
  std::vector<Files> files_;
};

}  // namespace

std::unique_ptr<Memory> make_v2_memory(const std::string& mount, const std::string& path) {
  return std::make_unique<V2Memory>(mount, path);
}

}  // namespace duress::cgroup
