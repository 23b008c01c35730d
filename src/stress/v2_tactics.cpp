// cgroup v2: one tree, so a worker in the target is charged for all it does; filling from outside
// keeps the CPU time out. The OOM killer cannot be held off. memory.high below the limit is a
// tripwire: whoever passes it is slowed, and memory.events tells at once. memory.oom.group would
// take the whole container with the stressor.
#include <fcntl.h>
#include <sys/epoll.h>

#include <algorithm>

#include "base/text.h"
#include "os/file.h"
#include "os/process.h"
#include "stress/tactics.h"

namespace duress::stress {

namespace {

constexpr const char* kHigh = "memory.high";
constexpr const char* kOomGroup = "memory.oom.group";
constexpr const char* kEvents = "memory.events";
constexpr Bytes kTripwire = mib(12);  // below the limit; `avoid` keeps at least 16 MiB free
constexpr Bytes kPage{4096};
// A worker is born in the target's cgroup: its stack, tables and kernel memory are charged there.
// memory.stat of Linux 6.1 with 1, 4 and 16 workers: 85 KiB kernel, 23 KiB anonymous.
constexpr Bytes kWorkerOverhead = kib(108);

class V2Tactics final : public Tactics {
 public:
  V2Tactics(const cgroup::Target& target, std::string own_cgroup)
      : target_(target), own_cgroup_(std::move(own_cgroup)) {}

  [[nodiscard]] bool fills_from_outside() const override { return true; }
  [[nodiscard]] Bytes worker_overhead() const override { return kWorkerOverhead; }

  [[nodiscard]] Result<Placement> placement(Kind kind, Warden& warden) override {
    Placement placement;
    placement.kind = kind;
    placement.into = target_.trees.front().fd.get();
    if (target_.has_children) {
      // Processes may not sit in a cgroup that passes its controllers on.
      if (!child_) {
        const std::string name = "duress-" + std::to_string(warden.pid());
        auto made = warden.make_child(target_.trees.front().directory, name);
        if (!made) return std::unexpected(made.error());
        child_ = std::move(*made);
      }
      placement.into = child_.get();
    }
    if (kind == Kind::kMemory) {
      if (!outside_) {
        auto opened = os::open_directory(own_cgroup_);
        if (!opened) return std::unexpected(opened.error());
        outside_ = std::move(*opened);
      }
      placement.outside = outside_.get();
    }
    return placement;
  }

  [[nodiscard]] std::vector<std::string> changes(
      spec::OomPolicy policy, const std::vector<cgroup::Level>& levels) const override {
    std::vector<std::string> out;
    for (const auto& [level, file, value] : wanted(policy, levels)) {
      out.push_back(directory_of(*level) + "/" + file + " = " + value + " while the load lasts");
    }
    return out;
  }

  [[nodiscard]] Result<std::vector<Alarm>> arm(spec::OomPolicy policy,
                                               const std::vector<cgroup::Level>& levels,
                                               Warden& warden) override {
    std::vector<Alarm> alarms;
    for (const auto& [level, file, value] : wanted(policy, levels)) {
      const std::string directory = directory_of(*level);
      if (file == std::string_view(kHigh)) {
        auto opened = os::open_directory(directory);
        if (!opened) return std::unexpected(opened.error());
        auto events = os::open_at(*opened, kEvents, O_RDONLY);
        if (!events) return std::unexpected(events.error());
        (void)os::read_fd(*events, kEvents);  // only what comes from now on
        alarms.push_back({.fd = std::move(*events), .events = EPOLLPRI, .met = false});
      }
      if (auto changed = warden.change(directory, file, value); !changed) {
        return std::unexpected(changed.error());
      }
    }
    return alarms;
  }

  void acknowledge(const Alarm& alarm) const override { (void)os::read_fd(alarm.fd, kEvents); }

 private:
  struct Wanted {
    const cgroup::Level* level;
    std::string file;
    std::string value;
  };

  static std::vector<Wanted> wanted(spec::OomPolicy policy,
                                    const std::vector<cgroup::Level>& levels) {
    std::vector<Wanted> out;
    if (policy == spec::OomPolicy::kNatural) return out;
    const bool tripwire = policy != spec::OomPolicy::kAppFirst;
    for (const cgroup::Level& level : levels) {
      if (level.oom_group) out.push_back({&level, kOomGroup, "0"});
      if (!tripwire || !level.limit || *level.limit <= kTripwire * 2) continue;
      const Bytes high{(*level.limit - kTripwire).value / kPage.value * kPage.value};
      // One that was there before and lies lower warns earlier than ours would.
      if (level.high && *level.high <= high) continue;
      out.push_back({&level, kHigh, std::to_string(high.value)});
    }
    return out;
  }

  [[nodiscard]] std::string directory_of(const cgroup::Level& level) const {
    const std::string& directory = target_.trees.front().directory;
    const std::size_t mount = directory.size() - std::min(target_.path.size(), directory.size());
    return directory.substr(0, mount) + level.path;
  }

  const cgroup::Target& target_;
  std::string own_cgroup_;
  os::Fd child_;
  os::Fd outside_;
};

}  // namespace

std::unique_ptr<Tactics> make_v2_tactics(const cgroup::Target& target,
                                         const std::string& own_cgroup) {
  return std::make_unique<V2Tactics>(target, own_cgroup);
}

}  // namespace duress::stress
