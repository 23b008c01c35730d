// A rehearsal's cgroups where memory and CPU are trees of their own: see trees.h. A unified tree
// beside them gets the same cgroups, for pressure and for ending all that is in one.
#include <algorithm>
#include <array>

#include "cgroup/parse.h"
#include "os/file.h"
#include "rehearse/trees.h"

namespace duress::rehearse {

namespace {

// Not cpuset: a new one takes no process before it has CPUs.
constexpr std::array<std::string_view, 5> kControllers = {"memory", "cpu", "cpuacct", "pids",
                                                          "freezer"};

bool has(const cgroup::Mount& mount, std::string_view controller) {
  return std::ranges::find(mount.controllers, controller) != mount.controllers.end();
}

class V1Trees final : public Trees {
 public:
  explicit V1Trees(std::vector<cgroup::Mount> mounts) : mounts_(std::move(mounts)) {}

  [[nodiscard]] Result<> make(const std::string& path, const Setting& setting) const override {
    for (const std::string& directory : directories(path)) {
      if (auto made = make_directory(directory); !made) return made;
    }
    for (const cgroup::Mount& mount : mounts_) {
      const std::string directory = mount.path + path;
      if (has(mount, "memory")) {
        if (auto set = set_memory(directory, setting); !set) return set;
      }
      if (has(mount, "cpu")) {
        if (auto set = set_cpu(directory, setting); !set) return set;
      }
    }
    return {};
  }

  [[nodiscard]] std::vector<std::string> directories(const std::string& path) const override {
    std::vector<std::string> out;
    out.reserve(mounts_.size());
    for (const cgroup::Mount& mount : mounts_) out.push_back(mount.path + path);
    return out;
  }

  [[nodiscard]] bool starts_inside() const override { return false; }

  [[nodiscard]] std::vector<std::string> mounts() const override { return directories(""); }

  [[nodiscard]] Result<> set_cpu_quota(const std::string& path,
                                       std::optional<std::int64_t> quota_us) const override {
    for (const cgroup::Mount& mount : mounts_) {
      if (!has(mount, "cpu")) continue;
      const std::string directory = mount.path + path;
      return quota_us ? set_control(directory, "cpu.cfs_quota_us", std::to_string(*quota_us))
                      : v1_lift_cpu_quota(directory);
    }
    return {};
  }

  [[nodiscard]] std::int64_t oom_kills(const std::string& path) const override {
    for (const cgroup::Mount& mount : mounts_) {
      if (!has(mount, "memory")) continue;
      auto text = os::read_file(mount.path + path + "/memory.oom_control");
      return text ? cgroup::stat_value(*text, "oom_kill").value_or(0) : 0;
    }
    return 0;
  }

 private:
  static Result<> set_memory(const std::string& directory, const Setting& setting) {
    // Before 5.11 a limit counted what is below only where this was set; it is 1 there since.
    (void)set_control(directory, "memory.use_hierarchy", "1");
    if (!setting.memory) return {};
    const std::string limit = std::to_string(setting.memory->value);
    if (auto set = set_control(directory, "memory.limit_in_bytes", limit); !set) return set;
    // Not there without swap accounting, and then there is no swap to be kept from.
    if (!setting.swap) (void)set_control(directory, "memory.memsw.limit_in_bytes", limit);
    return {};
  }

  static Result<> set_cpu(const std::string& directory, const Setting& setting) {
    if (setting.cpu_shares) {
      auto set = set_control(directory, "cpu.shares", std::to_string(*setting.cpu_shares));
      if (!set) return set;
    }
    if (!setting.cpu_quota_us) return {};
    auto set = set_control(directory, "cpu.cfs_period_us", std::to_string(kCpuPeriodUs));
    if (!set) return set;
    return set_control(directory, "cpu.cfs_quota_us", std::to_string(*setting.cpu_quota_us));
  }

  std::vector<cgroup::Mount> mounts_;
};

}  // namespace

Result<> v1_lift_cpu_quota(const std::string& directory) {
  return set_control(directory, "cpu.cfs_quota_us", "-1");
}

Result<std::unique_ptr<Trees>> make_v1_trees(const cgroup::Hierarchy& hierarchy) {
  std::vector<cgroup::Mount> mounts;
  bool cpu = false;
  for (const cgroup::Mount& mount : hierarchy.mounts) {
    const bool wanted = std::ranges::any_of(
        kControllers, [&mount](std::string_view controller) { return has(mount, controller); });
    if (wanted || mount.version == cgroup::Version::kV2) mounts.push_back(mount);
    cpu = cpu || has(mount, "cpu");
  }
  if (!cpu) {
    return fail(Code::kUnsupported,
                "no cgroup tree with the cpu controller is mounted: mount it, a Pod's CPU requests "
                "and limits need it");
  }
  return std::make_unique<V1Trees>(std::move(mounts));
}

}  // namespace duress::rehearse
