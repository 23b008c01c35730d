// Runs the loads of one target from start to verified release: places the workers, steers them by
// what the cgroup says, and ends them at the deadline, at a signal, when the target ends, when the
// node runs short, or when they were killed. It decides nothing that plan.h decided already, prints
// nothing, and is told the time by the clock that it was given. Lives for one run; one thread,
// which must not be the one that forks elsewhere (PR_SET_PDEATHSIG follows threads).
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "cgroup/target.h"
#include "os/poller.h"
#include "stress/cpu_load.h"
#include "stress/memory_load.h"
#include "stress/outcome.h"
#include "stress/plan.h"
#include "stress/run_setting.h"
#include "stress/tactics.h"
#include "stress/warden.h"

namespace duress::stress {

class Engine final {
 public:
  struct World {
    const Clock& clock;
    const cgroup::Target& target;
    Node& node;
    Warden& warden;
    Journal& journal;
    Tactics& tactics;
    Listener& listener;
    const os::Fd& signals;  // signalfd of those that end the run
  };
  Engine(const World& world, RunSetting setting);
  ~Engine();

  // An error: it could not be started, nothing runs, and everything is as it was.
  [[nodiscard]] Result<Outcome> run();

 private:
  using Ending = std::pair<EndReason, std::string>;
  [[nodiscard]] Result<> start();
  [[nodiscard]] Result<> start_memory();
  [[nodiscard]] Result<> start_cpu();
  [[nodiscard]] Result<> start_program();
  [[nodiscard]] std::optional<Instant> workers_deadline() const;
  [[nodiscard]] Result<> watch();
  void loop();
  [[nodiscard]] Duration tick();
  [[nodiscard]] Duration steer_memory();
  [[nodiscard]] Duration steer_cpu();
  [[nodiscard]] bool look();
  void heed(const std::vector<os::Ready>& ready);
  void take_signal();
  void target_ended();
  void attribute(std::int64_t kills);
  void take_ended();
  void worker_ended(const Event& event);
  [[nodiscard]] bool ended_with_target(const Event& event) const;
  void memory_worker_died(const Event& event);
  void on_alarms(bool met);
  void regrow();
  void follow_limit();
  void check_guard();
  void tell_shortfall();
  void sample(bool last);
  void release();
  void verify();
  [[nodiscard]] bool wait_for_workers();
  void kill_workers();
  void stop_watching();
  void wait_for_touchers();
  void end(EndReason reason, std::string message);
  void happened(std::string what);
  [[nodiscard]] Duration since_start() const;
  [[nodiscard]] std::int64_t oom_kills() const;
  [[nodiscard]] bool anything_alive() const;

  World world_;
  RunSetting setting_;
  Instant start_;
  std::optional<Instant> deadline_;
  std::optional<os::Poller> poller_;
  std::vector<os::Fd> watched_;
  std::vector<Alarm> alarms_;
  std::optional<MemoryLoad> memory_;
  std::optional<CpuLoad> cpu_;
  bool program_alive_ = false;
  std::optional<Ending> ending_;
  bool warden_gone_ = false;

  MemorySight sight_;
  Bytes usage_a_look_ago_;  // a kill is seen after it has freed the memory
  Instant parts_read_;
  Instant limit_followed_;
  Instant lease_renewed_;
  cgroup::CpuUse cpu_before_;
  cgroup::CpuUse cpu_now_;
  std::int64_t oom_kills_before_ = 0;
  std::int64_t oom_kills_explained_ = 0;
  std::optional<Instant> unexplained_since_;
  bool alarmed_ = false;
  std::vector<std::uint32_t> ended_by_us_;
  std::vector<std::pair<std::uint32_t, Instant>> regrowths_;  // which worker, when
  Duration back_off_{0};
  bool told_shortfall_ = false;
  std::optional<Instant> short_since_;

  Instant next_told_;  // of the load, to the listener
  Instant next_sample_;
  Instant last_sample_;
  std::chrono::nanoseconds sampled_load_cpu_{0};
  std::chrono::nanoseconds sampled_target_cpu_{0};
  NodeNow node_now_;
  Outcome outcome_;
};

}  // namespace duress::stress
