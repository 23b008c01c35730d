// The loop of `duress rehearse`: Pods, experiments on them, recordings of them and whoever is told,
// in one thread. It wires what others decide and do: rehearse/rehearsal.h runs the Pods,
// rehearse/experiments.h says which load is due, load_process.h runs it. Lives for one rehearsal;
// the thread that made it has to live as long.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "agent/load_process.h"
#include "base/clock.h"
#include "cgroup/target.h"
#include "cli/rehearse_arguments.h"
#include "cli/rehearse_teller.h"
#include "cli/rehearse_watch.h"
#include "os/poller.h"
#include "rehearse/experiments.h"
#include "rehearse/rehearsal.h"

namespace duress::cli {

class RehearseSession final : private rehearse::Listener {
 public:
  struct World {
    const Clock& clock;
    cgroup::Roots roots{};
    const cgroup::Hierarchy& hierarchy;
    std::string node{};  // what this machine is called as a node
    Bytes node_memory{};
    const os::Fd& signals;
    RehearseTeller& teller;
    std::vector<std::string> command{};  // as typed
  };
  RehearseSession(World world, RehearsalPlan plan);
  RehearseSession(const RehearseSession&) = delete;
  RehearseSession& operator=(const RehearseSession&) = delete;
  ~RehearseSession() override;

  // An error: it could not be started, and nothing is left.
  [[nodiscard]] Result<RehearsalResult> run();

 private:
  struct Load;
  struct Watched;

  void event(const rehearse::Event& event) override;
  void container_started(std::size_t pod, std::size_t container) override;
  void container_ended(std::size_t pod, std::size_t container,
                       const rehearse::Termination& termination) override;
  void probed(const rehearse::ProbeResult& result) override;
  void pod_changed(std::size_t pod) override;

  [[nodiscard]] Result<> prepare();
  void watch_containers();
  void loop();
  [[nodiscard]] Duration step();
  void begin_when_ready(Instant now);
  void start_due_loads(Instant now);
  void start_load(std::size_t booking, Instant now);
  void explain_end(agent::LoadNews& news) const;
  void take_news(std::size_t booking, Instant now);
  void heed(const std::vector<os::Ready>& ready);
  void decide_the_end(Instant now);
  void stop(Instant now, const std::string& why);
  void look(Instant now);
  [[nodiscard]] RehearsalResult finish();
  [[nodiscard]] ContainerResult result_of(std::size_t index);
  [[nodiscard]] RehearsalSight sight(Instant now) const;
  [[nodiscard]] Watched* watched(std::size_t pod, std::size_t container);
  [[nodiscard]] const rehearse::ContainerState& state_of(const rehearse::Place& place) const;
  void say(Instant now, bool warning, const std::string& reason, const std::string& who,
           const std::string& text);
  [[nodiscard]] std::string who(std::size_t pod, std::optional<std::size_t> container) const;

  World world_;
  RehearsalPlan plan_;
  Instant start_{};
  std::unique_ptr<rehearse::Rehearsal> rehearsal_;
  std::optional<rehearse::Experiments> experiments_;
  std::optional<os::Poller> poller_;
  std::vector<std::unique_ptr<Watched>> watched_;
  std::map<std::size_t, std::unique_ptr<Load>> loads_;  // by booking
  std::vector<LoadSight> load_sights_;                  // by booking
  std::deque<EventSight> events_;
  std::vector<std::string> failures_;
  Instant next_draw_{};
  std::optional<Instant> over_since_;
  bool stopping_ = false;
  bool time_is_over_ = false;
  std::string why_stopped_;
  bool pods_stopping_ = false;
  bool finished_ = false;
};

}  // namespace duress::cli
