// cgroup v1: memory and CPU are separate trees, so a worker joins only the one that it stresses,
// and fills itself. The OOM killer can be held off for a cgroup (memory.oom_control), with an
// eventfd that tells when it would have come.
#include <fcntl.h>
#include <sys/epoll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "os/file.h"
#include "os/process.h"
#include "stress/tactics.h"

namespace duress::stress {

namespace {

constexpr const char* kOomControl = "memory.oom_control";

bool holds_oom_off(spec::OomPolicy policy) {
  return policy == spec::OomPolicy::kAvoid || policy == spec::OomPolicy::kStressorFirst;
}

class V1Tactics final : public Tactics {
 public:
  explicit V1Tactics(const cgroup::Target& target) : target_(target) {}

  [[nodiscard]] bool fills_from_outside() const override { return false; }
  // A worker joins when it is complete: nothing of it was charged before.
  [[nodiscard]] Bytes worker_overhead() const override { return {}; }

  [[nodiscard]] Result<Placement> placement(Kind kind, Warden&) override {
    Placement placement;
    placement.kind = kind;
    for (const cgroup::Tree& tree : target_.trees) {
      if (wanted(kind, tree.controllers)) placement.joins.push_back(tree.fd.get());
    }
    if (placement.joins.empty()) {
      return fail(Code::kUnsupported, kind == Kind::kMemory
                                          ? "no memory controller in the target's cgroup"
                                          : "no CPU controller in the target's cgroup");
    }
    return placement;
  }

  [[nodiscard]] std::vector<std::string> changes(
      spec::OomPolicy policy, const std::vector<cgroup::Level>& levels) const override {
    std::vector<std::string> out;
    if (!holds_oom_off(policy)) return out;
    for (const cgroup::Level& level : levels) {
      if (level.limit && !level.oom_kill_disabled) {
        out.push_back(directory_of(level) + "/" + kOomControl + " = 1 while the load lasts");
      }
    }
    return out;
  }

  [[nodiscard]] Result<std::vector<Alarm>> arm(spec::OomPolicy policy,
                                               const std::vector<cgroup::Level>& levels,
                                               Warden& warden) override {
    std::vector<Alarm> alarms;
    if (!holds_oom_off(policy)) return alarms;
    for (const cgroup::Level& level : levels) {
      if (!level.limit) continue;
      const std::string directory = directory_of(level);
      // The alarm first: without somebody who listens, a cgroup without an OOM killer stands still.
      auto alarm = listen(directory);
      if (!alarm) return std::unexpected(alarm.error());
      alarms.push_back({.fd = std::move(*alarm), .events = EPOLLIN, .met = true});
      if (level.oom_kill_disabled) continue;
      if (auto changed = warden.change(directory, kOomControl, "1"); !changed) {
        return std::unexpected(changed.error().context("hold the OOM killer off"));
      }
    }
    return alarms;
  }

  void acknowledge(const Alarm& alarm) const override {
    std::uint64_t count = 0;
    (void)!::read(alarm.fd.get(), &count, sizeof count);
  }

 private:
  static bool wanted(Kind kind, const std::string& controllers) {
    const auto has = [&controllers](const char* name) {
      const std::string padded = "," + controllers + ",";
      return padded.find("," + std::string(name) + ",") != std::string::npos;
    };
    if (kind != Kind::kCpu && has("memory")) return true;
    if (kind == Kind::kMemory) return false;
    return has("cpu") || has("cpuacct") || has("cpuset");
  }

  [[nodiscard]] std::string directory_of(const cgroup::Level& level) const {
    const auto memory = std::ranges::find_if(target_.trees, [](const cgroup::Tree& tree) {
      return wanted(Kind::kMemory, tree.controllers);
    });
    if (memory == target_.trees.end()) return level.path;
    // The target's directory is the mount followed by its path.
    const std::size_t mount =
        memory->directory.size() - std::min(target_.path.size(), memory->directory.size());
    return memory->directory.substr(0, mount) + level.path;
  }

  static Result<os::Fd> listen(const std::string& directory) {
    auto opened = os::open_directory(directory);
    if (!opened) return std::unexpected(opened.error());
    auto control = os::open_at(*opened, kOomControl, O_RDONLY);
    if (!control) return std::unexpected(control.error());
    auto event = os::event_fd();
    if (!event) return std::unexpected(event.error());
    const std::string line = std::to_string(event->get()) + " " + std::to_string(control->get());
    if (auto set = os::write_at(*opened, "cgroup.event_control", line); !set) {
      return std::unexpected(set.error());
    }
    return std::move(*event);
  }

  const cgroup::Target& target_;
};

}  // namespace

std::unique_ptr<Tactics> make_v1_tactics(const cgroup::Target& target) {
  return std::make_unique<V1Tactics>(target);
}

}  // namespace duress::stress
