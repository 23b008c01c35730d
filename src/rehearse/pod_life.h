// The life of one Pod as a kubelet leads it: which container is started when, which probe is due,
// who is told to end and when by force, phase and readiness, and the events. It does nothing: what
// is to be done comes out as actions, what happened goes in. Pure: time is passed in. One thread.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "rehearse/container_life.h"
#include "rehearse/state.h"
#include "spec/pod.h"

namespace duress::rehearse {

struct LifeOptions {
  std::string uid{};
  double back_off_factor = 1;
  // By how much a worker's first tick is put off, for each probe of the Pod in order; none: 0.
  std::vector<std::chrono::nanoseconds> jitter{};
};

enum class Do { kStart, kProbe, kPreStop, kTerminate, kKill };

struct Action {
  Do what = Do::kStart;
  std::size_t container = 0;
  ProbeKind probe = ProbeKind::kLiveness;
};

struct Told {
  bool warning = false;
  std::string reason{};
  std::string message{};
  std::optional<std::size_t> container{};
};

class PodLife final {
 public:
  PodLife(const spec::Pod& pod, const LifeOptions& options, Instant now);  // keeps the reference

  // All that is due now. Call it after anything below, and at deadline().
  [[nodiscard]] std::vector<Action> advance(Instant now);
  [[nodiscard]] Instant deadline() const;

  void started(std::size_t container, Instant now);
  void start_failed(std::size_t container, const std::string& why, Instant now);
  void ended(std::size_t container, Termination how);  // with its time
  void probed(std::size_t container, ProbeKind kind, ProbeOutcome outcome,
              const std::string& message, Instant now);
  void pre_stop_done(std::size_t container, const std::string& failure, Instant now);
  void failed(const std::string& why);  // its namespaces or cgroups could not be made
  void stop(std::chrono::seconds most_grace, Instant now);

  [[nodiscard]] Phase phase() const;
  [[nodiscard]] bool ready() const;
  [[nodiscard]] bool over() const;  // nothing runs, and nothing will be started
  [[nodiscard]] bool terminating() const { return terminating_; }
  // All but what only the doer knows (id, cgroup, pid, oom_score_adj).
  void describe(std::vector<ContainerState>& containers) const;
  [[nodiscard]] std::vector<Told> take_told();
  [[nodiscard]] const std::vector<ContainerLife>& containers() const { return containers_; }

 private:
  void start_what_may(Instant now, std::vector<Action>& actions);
  bool start_init(Instant now, std::vector<Action>& actions);
  void try_start(std::size_t container, Instant now, std::vector<Action>& actions);
  void stop_sidecars(Instant now);
  void run_probes(std::size_t container, Instant now, std::vector<Action>& actions);
  void go_on_ending(std::size_t container, Instant now, std::vector<Action>& actions);
  void begin_ending(std::size_t container, const std::string& why, const std::string& message,
                    std::chrono::seconds grace, Instant now);
  void terminate(std::size_t container, Instant now, std::vector<Action>& actions);
  [[nodiscard]] bool its_turn(std::size_t container) const;
  [[nodiscard]] bool restarts(const ContainerLife& one) const;
  [[nodiscard]] bool init_failed() const;
  void tell(bool warning, std::string reason, std::string message,
            std::optional<std::size_t> container);
  [[nodiscard]] std::string full_name() const;
  [[nodiscard]] std::string waiting_reason(const ContainerLife& one) const;

  const spec::Pod& pod_;
  std::string uid_;
  std::vector<ContainerLife> containers_;
  std::vector<Told> told_;
  std::vector<std::size_t> to_pre_stop_;  // hooks that are to be run
  std::string failed_;                    // not empty: it never began
  bool initialised_ = false;
  bool terminating_ = false;
  std::chrono::seconds most_grace_{0};
};

}  // namespace duress::rehearse
