// A rehearsal's cgroups in the one tree of cgroup v2: see trees.h.
#include <algorithm>
#include <array>

#include "cgroup/parse.h"
#include "os/file.h"
#include "rehearse/trees.h"

namespace duress::rehearse {

namespace {

constexpr std::array<std::string_view, 3> kNeeded = {"memory", "cpu", "pids"};

std::string cpu_max_of(std::int64_t quota_us) {
  return std::to_string(quota_us) + " " + std::to_string(kCpuPeriodUs);
}

class V2Trees final : public Trees {
 public:
  explicit V2Trees(std::string mount) : mount_(std::move(mount)) {}

  [[nodiscard]] Result<> make(const std::string& path, const Setting& setting) const override {
    const std::string directory = mount_ + path;
    if (auto made = make_directory(directory); !made) return made;
    if (setting.inner) {
      auto passed = set_control(directory, "cgroup.subtree_control", "+memory +cpu +pids");
      if (!passed) return passed;
    }
    for (const auto& [file, value] : controls_of(setting)) {
      // Not there without swap, or before 4.19: then there is nothing to be set.
      const bool may_be_missing = file == "memory.swap.max" || file == "memory.oom.group";
      auto set = set_control(directory, file, value);
      if (set || (may_be_missing && set.error().code == Code::kNotFound)) continue;
      return set;
    }
    return {};
  }

  [[nodiscard]] std::vector<std::string> directories(const std::string& path) const override {
    return {mount_ + path};
  }

  [[nodiscard]] bool starts_inside() const override { return true; }

  [[nodiscard]] std::vector<std::string> mounts() const override { return {mount_}; }

  [[nodiscard]] Result<> set_cpu_quota(const std::string& path,
                                       std::optional<std::int64_t> quota_us) const override {
    return quota_us ? set_control(mount_ + path, "cpu.max", cpu_max_of(*quota_us))
                    : v2_lift_cpu_quota(mount_ + path);
  }

  [[nodiscard]] std::int64_t oom_kills(const std::string& path) const override {
    auto text = os::read_file(mount_ + path + "/memory.events");
    return text ? cgroup::stat_value(*text, "oom_kill").value_or(0) : 0;
  }

 private:
  static std::vector<std::pair<std::string, std::string>> controls_of(const Setting& setting) {
    std::vector<std::pair<std::string, std::string>> out;
    if (setting.memory) out.emplace_back("memory.max", std::to_string(setting.memory->value));
    if (!setting.swap) out.emplace_back("memory.swap.max", "0");
    if (setting.oom_group) out.emplace_back("memory.oom.group", "1");
    if (setting.cpu_shares) {
      out.emplace_back("cpu.weight", std::to_string(weight_of(*setting.cpu_shares)));
    }
    if (setting.cpu_quota_us) {
      out.emplace_back("cpu.max", cpu_max_of(*setting.cpu_quota_us));
    }
    return out;
  }

  std::string mount_;
};

bool lists(const std::string& text, std::string_view name) {
  const std::vector<std::string> names = cgroup::split(text.substr(0, text.find('\n')), ' ');
  return std::ranges::find(names, name) != names.end();
}

// The mounted root passes its controllers on, as systemd or a runtime has it do already; where it
// does not, it is told to.
Result<> pass_on(const std::string& mount) {
  auto there = os::read_file(mount + "/cgroup.controllers");
  auto passed = os::read_file(mount + "/cgroup.subtree_control");
  if (!there) return std::unexpected(there.error());
  if (!passed) return std::unexpected(passed.error());
  for (const std::string_view name : kNeeded) {
    if (lists(*passed, name)) continue;
    if (!lists(*there, name)) {
      return fail(Code::kUnsupported, "the cgroup tree at " + mount + " has no " +
                                          std::string(name) +
                                          " controller: whoever runs this container or service "
                                          "has to delegate it (systemd: Delegate=yes)");
    }
    auto set = set_control(mount, "cgroup.subtree_control", "+" + std::string(name));
    if (set) continue;
    if (set.error().code != Code::kBusy) return set;
    return fail(Code::kRefused,
                "the cgroup that is mounted at " + mount +
                    " holds processes of its own, and then cgroup v2 lets none below it have "
                    "limits: run the rehearsal on the host, or move those processes into a cgroup "
                    "below it first");
  }
  return {};
}

}  // namespace

Result<> v2_lift_cpu_quota(const std::string& directory) {
  return set_control(directory, "cpu.max", "max");
}

Result<std::unique_ptr<Trees>> make_v2_trees(const cgroup::Hierarchy& hierarchy) {
  for (const cgroup::Mount& mount : hierarchy.mounts) {
    if (mount.version != cgroup::Version::kV2) continue;
    if (auto passed = pass_on(mount.path); !passed) return std::unexpected(passed.error());
    return std::make_unique<V2Trees>(mount.path);
  }
  return fail(Code::kUnsupported, "no cgroup v2 tree is mounted: mount cgroup2 at /sys/fs/cgroup");
}

}  // namespace duress::rehearse
