// What differs between cgroup v1 and v2 in putting a load on a target: how workers get in, and how
// an OOM is seen coming and held off. It decides nothing about sizes. One object a run, made for
// the target's version; one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/error.h"
#include "cgroup/target.h"
#include "spec/load.h"
#include "stress/warden.h"

namespace duress::stress {

// A descriptor to watch; `events` as of epoll.
struct Alarm {
  os::Fd fd;
  std::uint32_t events = 0;
  bool met = false;  // the limit is met, not only near
};

class Tactics {
 public:
  virtual ~Tactics() = default;

  // Whether a toucher outside of the target's cgroup fills and frees (v2), so that the target pays
  // no CPU for it.
  [[nodiscard]] virtual bool fills_from_outside() const = 0;

  // What the target is charged for a worker that holds nothing yet: stack, kernel memory.
  [[nodiscard]] virtual Bytes worker_overhead() const = 0;

  // Where the workers of a load go. May make a child cgroup through the warden.
  [[nodiscard]] virtual Result<Placement> placement(Kind kind, Warden& warden) = 0;

  // The files that a policy changes for the time of the load, each with the value: told in the
  // plan.
  [[nodiscard]] virtual std::vector<std::string> changes(
      spec::OomPolicy policy, const std::vector<cgroup::Level>& levels) const = 0;

  // Makes those changes through the warden, and returns what tells of an OOM that is near or met.
  [[nodiscard]] virtual Result<std::vector<Alarm>> arm(spec::OomPolicy policy,
                                                       const std::vector<cgroup::Level>& levels,
                                                       Warden& warden) = 0;

  // An alarm became readable: takes it in.
  virtual void acknowledge(const Alarm& alarm) const = 0;
};

[[nodiscard]] std::unique_ptr<Tactics> make_v1_tactics(const cgroup::Target& target);
// `own_cgroup`: the directory of the supervisor's cgroup in the unified tree, for the touchers.
[[nodiscard]] std::unique_ptr<Tactics> make_v2_tactics(const cgroup::Target& target,
                                                       const std::string& own_cgroup);

}  // namespace duress::stress
