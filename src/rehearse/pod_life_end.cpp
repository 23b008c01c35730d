// How containers are brought to an end, and what a Pod is as a whole: see pod_life.h.
// pkg/kubelet/kuberuntime/kuberuntime_container.go, killContainer; pkg/kubelet/kubelet_pods.go,
// getPhase.
#include <algorithm>

#include "base/text.h"
#include "rehearse/pod_life.h"

namespace duress::rehearse {

namespace {

// However little of the grace a hook has left, SIGTERM has this long to work.
constexpr std::chrono::seconds kLeastGrace{2};

const spec::Sleep* sleep_of(const spec::Container& container) {
  return container.pre_stop ? std::get_if<spec::Sleep>(&*container.pre_stop) : nullptr;
}

}  // namespace

void PodLife::begin_ending(std::size_t container, const std::string& why,
                           const std::string& message, std::chrono::seconds grace, Instant now) {
  ContainerLife& one = containers_[container];
  tell(false, "Killing", message, container);
  one.killed_for = why;
  one.grace_ends = now + grace;
  if (!one.spec->pre_stop || grace.count() <= 0) {
    one.step = Step::kTurn;
    return;
  }
  one.step = Step::kPreStop;
  if (const spec::Sleep* sleep = sleep_of(*one.spec)) {
    one.pre_stop_ends = std::min(one.grace_ends, now + sleep->duration);
  } else {
    one.pre_stop_ends = one.grace_ends;
    to_pre_stop_.push_back(container);
  }
}

void PodLife::pre_stop_done(std::size_t container, const std::string& failure, Instant now) {
  ContainerLife& one = containers_[container];
  if (!failure.empty()) {
    tell(true, "FailedPreStopHook", "PreStopHook failed: " + failure, container);
  }
  if (one.step == Step::kPreStop) one.pre_stop_ends = now;
}

// When a Pod ends, sidecars go after those which they serve, the last one first (KEP-753).
bool PodLife::its_turn(std::size_t container) const {
  const ContainerLife& one = containers_[container];
  if (one.role != Role::kSidecar || one.killed_for != "deletion") return true;
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    const ContainerLife& other = containers_[i];
    const bool served =
        other.role == Role::kMain || (other.role == Role::kSidecar && i > container);
    if (served && other.alive()) return false;
  }
  return true;
}

void PodLife::terminate(std::size_t container, Instant now, std::vector<Action>& actions) {
  ContainerLife& one = containers_[container];
  one.step = Step::kEnding;
  const std::chrono::seconds least =
      terminating_ ? std::min(kLeastGrace, most_grace_) : kLeastGrace;
  one.grace_ends = std::max(one.grace_ends, now + least);
  actions.push_back({Do::kTerminate, container});
}

void PodLife::go_on_ending(std::size_t container, Instant now, std::vector<Action>& actions) {
  ContainerLife& one = containers_[container];
  if (one.step == Step::kPreStop && now >= one.pre_stop_ends) one.step = Step::kTurn;
  if (one.step == Step::kTurn && (its_turn(container) || now >= one.grace_ends)) {
    terminate(container, now, actions);
  }
  if (one.step == Step::kEnding && now >= one.grace_ends) {
    one.step = Step::kKilled;
    actions.push_back({Do::kKill, container});
  }
}

void PodLife::stop(std::chrono::seconds most_grace, Instant now) {
  const bool again = terminating_;
  most_grace_ = again ? std::min(most_grace_, most_grace) : most_grace;
  terminating_ = true;
  const std::chrono::seconds grace = std::min(pod_.grace, most_grace_);
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    ContainerLife& one = containers_[i];
    for (ProbeWorker& worker : one.probes) {
      if (worker.kind() != ProbeKind::kReadiness) worker.end();
    }
    if (one.step == Step::kWaiting) one.step = Step::kOver;
    if (one.running()) {
      begin_ending(i, "deletion", "Stopping container " + one.spec->name, grace, now);
    } else if (one.stopping()) {
      // What is ending already gets no longer than anybody else.
      one.grace_ends = std::min(one.grace_ends, now + grace);
      one.pre_stop_ends = std::min(one.pre_stop_ends, one.grace_ends);
    }
  }
}

void PodLife::stop_sidecars(Instant now) {
  if (terminating_) return;
  const bool all_over =
      init_failed() || (initialised_ && std::ranges::all_of(containers_, [](const auto& one) {
                          return one.role != Role::kMain || one.step == Step::kOver;
                        }));
  if (!all_over) return;
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    ContainerLife& one = containers_[i];
    if (one.role != Role::kSidecar) continue;
    if (one.step == Step::kWaiting) one.step = Step::kOver;
    if (one.running()) {
      begin_ending(i, "deletion", "Stopping container " + one.spec->name, pod_.grace, now);
    }
  }
}

bool PodLife::over() const {
  if (!failed_.empty()) return true;
  const auto never = [this](const ContainerLife& one) {
    return one.step == Step::kOver || (one.step == Step::kWaiting && init_failed());
  };
  return std::ranges::all_of(containers_, never);
}

Phase PodLife::phase() const {
  if (!failed_.empty()) return Phase::kPending;
  if (init_failed()) return Phase::kFailed;
  if (!initialised_ && !terminating_) return Phase::kPending;
  std::size_t waiting = 0;
  std::size_t alive = 0;
  std::size_t failed = 0;
  for (const ContainerLife& one : containers_) {
    if (one.role != Role::kMain) continue;
    if (one.alive()) {
      ++alive;
    } else if (!one.last) {
      ++waiting;
    } else if (one.last->exit_code != 0) {
      ++failed;
    }
  }
  if (alive > 0) return Phase::kRunning;
  if (over()) return failed + waiting > 0 ? Phase::kFailed : Phase::kSucceeded;
  return waiting > 0 ? Phase::kPending : Phase::kRunning;
}

bool PodLife::ready() const {
  return failed_.empty() && std::ranges::all_of(containers_, [](const ContainerLife& one) {
           return one.role == Role::kInit || one.ready();
         });
}

std::string PodLife::waiting_reason(const ContainerLife& one) const {
  if (one.restart_at) return "CrashLoopBackOff";
  if (one.last && one.last->reason == "StartError") return "RunContainerError";
  const bool behind = one.role == Role::kMain && !initialised_ && !pod_.init_containers.empty();
  return behind ? "PodInitializing" : "ContainerCreating";
}

void PodLife::describe(std::vector<ContainerState>& containers) const {
  containers.resize(containers_.size());
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    const ContainerLife& one = containers_[i];
    ContainerState& out = containers[i];
    out.name = one.spec->name;
    out.role = one.role;
    out.started = one.alive() && one.passed_startup;
    out.ready = one.role == Role::kInit ? one.step == Step::kOver && one.succeeded() : one.ready();
    out.stopping = one.stopping();
    out.restarts = std::max(0, one.starts - 1);
    out.since = one.since;
    out.last = one.last;
    out.restart_at.reset();
    out.reason.clear();
    out.message.clear();
    out.probes.clear();
    for (const ProbeWorker& worker : one.probes) out.probes.push_back(worker.state());
    if (one.alive()) {
      out.stage = Stage::kRunning;
    } else if (one.step == Step::kOver && one.last) {
      out.stage = Stage::kTerminated;
      out.reason = one.last->reason;
      out.message = one.last->message;
    } else {
      out.stage = Stage::kWaiting;
      out.reason = waiting_reason(one);
      out.restart_at = one.restart_at;
      if (one.restart_at) {
        out.message = "back-off " + format_duration(one.back_off.delay()) +
                      " restarting failed container=" + one.spec->name + " pod=" + full_name();
      } else if (one.last) {
        out.message = one.last->message;
      }
    }
  }
}

}  // namespace duress::rehearse
