// One container in its Pod's life: what it is doing, what it was told to, how it ended. Passive
// data of PodLife (pod_life.h), which alone changes it. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rehearse/back_off.h"
#include "rehearse/probe_worker.h"
#include "rehearse/state.h"
#include "spec/pod.h"

namespace duress::rehearse {

enum class Step {
  kWaiting,   // not started yet, or to be started again
  kStarting,  // asked for
  kRunning,
  kPreStop,  // its hook runs
  kTurn,     // a sidecar that waits for those which it serves
  kEnding,   // SIGTERM was sent
  kKilled,   // SIGKILL was sent
  kOver,     // ended, and not to be started again
};

struct ContainerLife {
  const spec::Container* spec = nullptr;
  Role role = Role::kMain;
  Step step = Step::kWaiting;
  BackOff back_off{1};
  int starts = 0;
  Instant since{};
  std::optional<Instant> restart_at{};
  bool told_back_off = false;
  bool passed_startup = false;
  std::vector<ProbeWorker> probes{};
  std::string killed_for{};  // of the container that runs
  Instant grace_ends{};      // of kTurn and kEnding
  Instant pre_stop_ends{};   // of kPreStop: the hook has until then
  std::optional<Termination> last{};

  [[nodiscard]] bool alive() const {
    return step != Step::kWaiting && step != Step::kStarting && step != Step::kOver;
  }
  [[nodiscard]] bool running() const { return step == Step::kRunning; }
  [[nodiscard]] bool stopping() const { return alive() && !running(); }
  [[nodiscard]] bool succeeded() const { return last && last->exit_code == 0; }
  [[nodiscard]] const ProbeWorker* worker(ProbeKind kind) const {
    for (const ProbeWorker& one : probes) {
      if (one.kind() == kind) return &one;
    }
    return nullptr;
  }
  [[nodiscard]] bool ready() const {
    const ProbeWorker* readiness = worker(ProbeKind::kReadiness);
    return alive() && passed_startup && (readiness == nullptr || readiness->passing());
  }
};

}  // namespace duress::rehearse
