// The memory load of one target while it runs: its workers, their orders, what they hold.
// It does not watch the target's end, the guard or the time; the engine does, and calls it every
// tick. Owned by the engine; the engine's thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "stress/control_pages.h"
#include "stress/memory_steering.h"
#include "stress/plan.h"
#include "stress/tactics.h"

namespace duress::stress {

// What one look at the target's memory gave.
struct MemorySight {
  Instant now{};
  std::vector<cgroup::Level> levels{};
  cgroup::MemoryUse
      use;  // `usage` fresh, the parts up to a second old unless reach steers by one of them
  bool alarmed = false;  // the kernel says that the limit is met
};

class MemoryLoad final {
 public:
  struct Setting {
    MemoryPlan plan{};
    Instant start{};
    std::optional<Instant> deadline{};
    int fill_cpus = 1;      // CPUs that filling may use
    Bytes address_space{};  // most that can ever be held
    std::uint64_t seed = 0;
    bool apart = false;       // tactics: a toucher outside fills
    Bytes worker_overhead{};  // charged to the target for each worker, beside what it holds
    std::uint32_t first_id = 0;
  };
  [[nodiscard]] static Result<MemoryLoad> make(const Setting& setting);

  // Starts the workers; they hold nothing before the first tick.
  [[nodiscard]] Result<> place(const Placement& placement, Warden& warden, Instant now);
  // One round of steering. Returns when the next one is due at the latest.
  [[nodiscard]] Duration tick(const MemorySight& sight);
  void renew_lease(Instant now);
  void order_release_all();
  void resize(Bytes size);

  // Worker `id` ended: it no longer counts. False: it is not one of this load's.
  bool ended(std::uint32_t id);
  // Takes note of workers that ended without the warden's word, because it is gone itself.
  void take_ended_by_themselves();
  // A new worker in the place of a dead one.
  [[nodiscard]] Result<> replace(std::uint32_t id, Warden& warden, Instant now);

  [[nodiscard]] Bytes held() const;     // pages
  [[nodiscard]] Bytes charged() const;  // pages, and page tables and workers as charged
  [[nodiscard]] Bytes wanted() const { return wanted_; }
  [[nodiscard]] Bytes asked(Instant now) const { return steering_.asked(now); }
  [[nodiscard]] bool settled() const;  // every worker holds what it was told to
  [[nodiscard]] bool blocked() const;  // the kernel refuses more
  [[nodiscard]] bool yielding() const { return steering_.yielding(); }
  [[nodiscard]] bool capped() const { return steering_.capped(); }
  [[nodiscard]] int alive() const;
  [[nodiscard]] std::optional<std::uint32_t> largest() const;  // id of the worker that holds most
  [[nodiscard]] std::optional<Instant> first_touch() const;
  [[nodiscard]] bool lost_toucher() const;  // filling from outside was wanted and did not work
  // Why a worker could not be set up; unset where none failed.
  [[nodiscard]] std::optional<std::string> failure() const;
  [[nodiscard]] const MemoryPlan& plan() const { return setting_.plan; }
  [[nodiscard]] int notify_fd() const { return notify_.get(); }
  void drain_notify() const;
  [[nodiscard]] const std::vector<pid_t>& pids() const { return pids_; }
  [[nodiscard]] const Placement& placement() const { return placement_; }

 private:
  MemoryLoad(const Setting& setting, ControlPages pages, os::Fd notify);
  void prepare(std::uint32_t slot, Instant now) const;
  [[nodiscard]] Bytes metric(const MemorySight& sight) const;
  [[nodiscard]] Bytes charged_for(std::uint32_t slot) const;
  [[nodiscard]] Bytes in_step(const MemorySight& sight);
  bool choose_side(const std::optional<Bytes>& room);
  void give_orders(const std::optional<Bytes>& room);
  [[nodiscard]] Duration next_tick(const std::optional<Bytes>& room) const;

  Setting setting_;
  ControlPages pages_;
  os::Fd notify_;
  MemorySteering steering_;
  Placement placement_;
  std::vector<pid_t> pids_;
  std::vector<os::Fd> processes_;  // pidfds
  std::vector<bool> alive_;
  Bytes wanted_;
  Bytes wanted_now_;  // less than wanted_ while the workers fill in step
  std::optional<Bytes>
      slowest_;  // what the load would be were all as far as the slowest, and since when
  Instant slowest_since_{};
  bool apart_ = false;
};

}  // namespace duress::stress
