// The CPU load of one target while it runs: its workers and the share of a core that each is told
// to use. The workers hold their share by themselves, to the nanosecond of their own CPU time; this
// moves the shares only for `reach`, as the application's own use moves. Owned by the engine; the
// engine's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "stress/control_pages.h"
#include "stress/plan.h"
#include "stress/warden.h"

namespace duress::stress {

// The law of `reach`: what the load should use so that the target's whole use is at the level.
class CpuSteering final {
 public:
  explicit CpuSteering(Cores level) : level_(level) {}
  // Totals since any common start. Returns the cores that the load should use from now on.
  [[nodiscard]] Cores want(Instant now, std::chrono::nanoseconds target_used,
                           std::chrono::nanoseconds load_used);

 private:
  Cores level_;
  std::optional<Instant> last_;
  std::chrono::nanoseconds target_{0};
  std::chrono::nanoseconds load_{0};
  double owed_ =
      0;  // core-seconds that the target is short of the level, carried on within a bound
};

class CpuLoad final {
 public:
  struct Setting {
    CpuPlan plan{};
    std::optional<Instant> deadline{};
    std::uint32_t first_id = 0;
  };
  [[nodiscard]] static Result<CpuLoad> make(const Setting& setting);

  [[nodiscard]] Result<> place(Placement placement, Warden& warden, Instant now);
  [[nodiscard]] Duration tick(Instant now, std::chrono::nanoseconds target_used);
  void renew_lease(Instant now);
  void order_release_all();
  bool ended(std::uint32_t id);
  void take_ended_by_themselves();  // as MemoryLoad's
  [[nodiscard]] int alive() const;
  [[nodiscard]] std::chrono::nanoseconds used()
      const;  // CPU time of all workers, dead ones included
  [[nodiscard]] Cores asked() const { return setting_.plan.asked; }
  [[nodiscard]] std::optional<std::string> failure() const;
  [[nodiscard]] const CpuPlan& plan() const { return setting_.plan; }
  [[nodiscard]] const std::vector<pid_t>& pids() const { return pids_; }

 private:
  CpuLoad(const Setting& setting, ControlPages pages, os::Fd notify);
  void set_share(Cores total);

  Setting setting_;
  ControlPages pages_;
  os::Fd notify_;
  CpuSteering steering_;
  std::vector<pid_t> pids_;
  std::vector<os::Fd> processes_;  // pidfds
  std::vector<bool> alive_;
};

}  // namespace duress::stress
