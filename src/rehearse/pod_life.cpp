#include "rehearse/pod_life.h"

#include <algorithm>

#include "base/text.h"
#include "rehearse/runtime_plan.h"

namespace duress::rehearse {

namespace {

std::vector<ProbeWorker> workers_of(const spec::Container& container, const LifeOptions& options,
                                    std::size_t& number, Instant now) {
  std::vector<ProbeWorker> out;
  const auto add = [&](const std::optional<spec::Probe>& probe, ProbeKind kind) {
    if (!probe) return;
    const std::size_t own = number++;
    const auto later =
        own < options.jitter.size() ? options.jitter[own] : std::chrono::nanoseconds(0);
    out.emplace_back(*probe, kind, now + later);
  };
  add(container.startup, ProbeKind::kStartup);
  add(container.liveness, ProbeKind::kLiveness);
  add(container.readiness, ProbeKind::kReadiness);
  return out;
}

}  // namespace

PodLife::PodLife(const spec::Pod& pod, const LifeOptions& options, Instant now)
    : pod_(pod), uid_(options.uid) {
  std::size_t number = 0;
  for (const spec::Container* container : containers_of(pod)) {
    ContainerLife one;
    one.spec = container;
    one.back_off = BackOff(options.back_off_factor);
    one.since = now;
    const bool init = containers_.size() < pod.init_containers.size();
    one.role = !init ? Role::kMain : container->sidecar ? Role::kSidecar : Role::kInit;
    one.probes = workers_of(*container, options, number, now);
    containers_.push_back(std::move(one));
  }
}

void PodLife::tell(bool warning, std::string reason, std::string message,
                   std::optional<std::size_t> container) {
  told_.push_back({warning, std::move(reason), std::move(message), container});
}

std::vector<Told> PodLife::take_told() { return std::exchange(told_, {}); }

std::string PodLife::full_name() const { return pod_.name + "_" + pod_.ns + "(" + uid_ + ")"; }

std::vector<Action> PodLife::advance(Instant now) {
  std::vector<Action> out;
  if (!failed_.empty()) return out;
  if (!terminating_) start_what_may(now, out);
  stop_sidecars(now);
  for (const std::size_t container : std::exchange(to_pre_stop_, {})) {
    out.push_back({Do::kPreStop, container});
  }
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    run_probes(i, now, out);
    go_on_ending(i, now, out);
  }
  return out;
}

Instant PodLife::deadline() const {
  Instant out = Instant::max();
  if (!failed_.empty()) return out;
  for (const ContainerLife& one : containers_) {
    if (one.restart_at && one.step == Step::kWaiting && !terminating_) {
      out = std::min(out, *one.restart_at);
    }
    if (one.step == Step::kPreStop) out = std::min(out, one.pre_stop_ends);
    if (one.step == Step::kTurn || one.step == Step::kEnding) out = std::min(out, one.grace_ends);
    if (!one.alive()) continue;
    for (const ProbeWorker& worker : one.probes) out = std::min(out, worker.deadline());
  }
  return out;
}

bool PodLife::restarts(const ContainerLife& one) const {
  if (terminating_) return false;
  if (one.role == Role::kSidecar) {
    // No longer than those which it serves.
    return !initialised_ || std::ranges::any_of(containers_, [](const ContainerLife& other) {
      return other.role == Role::kMain && other.step != Step::kOver;
    });
  }
  if (one.role == Role::kInit) {
    return !one.succeeded() && pod_.restart_policy != spec::RestartPolicy::kNever;
  }
  return pod_.restart_policy == spec::RestartPolicy::kAlways ||
         (pod_.restart_policy == spec::RestartPolicy::kOnFailure && !one.succeeded());
}

bool PodLife::init_failed() const {
  return std::ranges::any_of(containers_, [](const ContainerLife& one) {
    return one.role == Role::kInit && one.step == Step::kOver && !one.succeeded();
  });
}

// True: every init container has done its work, every sidecar has begun.
bool PodLife::start_init(Instant now, std::vector<Action>& actions) {
  for (std::size_t i = 0; i < pod_.init_containers.size(); ++i) {
    const ContainerLife& one = containers_[i];
    if (one.role == Role::kInit && one.step == Step::kOver && one.succeeded()) continue;
    if (one.step == Step::kWaiting) try_start(i, now, actions);
    const bool serves = one.role == Role::kSidecar && one.running() && one.passed_startup;
    if (!serves) return false;
  }
  return true;
}

void PodLife::start_what_may(Instant now, std::vector<Action>& actions) {
  if (init_failed()) return;
  if (!initialised_) initialised_ = start_init(now, actions);
  if (!initialised_) return;
  for (std::size_t i = 0; i < containers_.size(); ++i) {
    if (containers_[i].step == Step::kWaiting) try_start(i, now, actions);
  }
}

void PodLife::try_start(std::size_t container, Instant now, std::vector<Action>& actions) {
  ContainerLife& one = containers_[container];
  if (one.last) {
    one.restart_at = one.back_off.until(one.last->finished, now);
    if (one.restart_at) {
      if (!one.told_back_off) {
        tell(true, "BackOff",
             "Back-off restarting failed container " + one.spec->name + " in pod " + full_name(),
             container);
      }
      one.told_back_off = true;
      return;
    }
    one.back_off.started(one.last->finished, now);
  }
  one.told_back_off = false;
  one.step = Step::kStarting;
  one.since = now;
  ++one.starts;
  actions.push_back({Do::kStart, container});
}

void PodLife::started(std::size_t container, Instant now) {
  ContainerLife& one = containers_[container];
  if (one.step != Step::kStarting) return;
  tell(false, "Started", "Started container " + one.spec->name, container);
  one.step = Step::kRunning;
  one.since = now;
  one.killed_for.clear();
  one.passed_startup = !one.spec->startup;
  for (ProbeWorker& worker : one.probes) {
    worker.container_started(now);
    if (one.passed_startup) worker.others_may_begin(now);
  }
  if (terminating_) {
    begin_ending(container, "deletion", "Stopping container " + one.spec->name,
                 std::min(pod_.grace, most_grace_), now);
  }
}

void PodLife::start_failed(std::size_t container, const std::string& why, Instant now) {
  ContainerLife& one = containers_[container];
  if (one.step != Step::kStarting) return;
  constexpr int kNotStarted = 128;  // containerd, errorStartExitCode
  tell(true, "Failed", "Error: " + why, container);
  one.since = now;
  one.last = Termination{.exit_code = kNotStarted,
                         .reason = "StartError",
                         .message = why,
                         .started = now,
                         .finished = now};
  one.step = restarts(one) ? Step::kWaiting : Step::kOver;
}

void PodLife::ended(std::size_t container, Termination how) {
  ContainerLife& one = containers_[container];
  if (!one.alive()) return;
  how.started = one.step == Step::kStarting ? how.finished : one.since;
  how.killed_for = one.killed_for;
  // containerd keeps the mark of any OOM kill in the container's cgroup, whoever it took.
  how.reason = how.oom_kills > 0 ? "OOMKilled" : how.exit_code == 0 ? "Completed" : "Error";
  one.since = how.finished;
  one.last = std::move(how);
  one.killed_for.clear();
  one.passed_startup = false;
  std::erase(to_pre_stop_, container);
  for (ProbeWorker& worker : one.probes) worker.container_ended();
  one.step = restarts(one) ? Step::kWaiting : Step::kOver;
}

void PodLife::failed(const std::string& why) {
  failed_ = why;
  tell(true, "FailedCreatePodSandBox", "Failed to create pod sandbox: " + why, std::nullopt);
}

void PodLife::run_probes(std::size_t container, Instant now, std::vector<Action>& actions) {
  ContainerLife& one = containers_[container];
  // What is being killed for a probe is not asked again; a Pod that is deleted is asked whether it
  // is ready until it ends.
  if (!one.running() && !(terminating_ && one.stopping())) return;
  for (ProbeWorker& worker : one.probes) {
    if (worker.take_due(now)) actions.push_back({Do::kProbe, container, worker.kind()});
  }
}

void PodLife::probed(std::size_t container, ProbeKind kind, ProbeOutcome outcome,
                     const std::string& message, Instant now) {
  ContainerLife& one = containers_[container];
  const auto worker = std::ranges::find(one.probes, kind, &ProbeWorker::kind);
  if (worker == one.probes.end() || !one.alive()) return;
  const std::string name(name_of(kind));
  if (outcome == ProbeOutcome::kFailure) {
    tell(true, "Unhealthy", name + " probe failed: " + message, container);
  } else if (outcome == ProbeOutcome::kError) {
    tell(true, "Unhealthy", name + " probe errored and resulted in unknown state: " + message,
         container);
  } else if (!message.empty()) {
    tell(true, "ProbeWarning", name + " probe warning: " + message, container);
  }
  const ProbeVerdict verdict = worker->done(outcome, message, now);
  if (kind == ProbeKind::kStartup && worker->passing() && !one.passed_startup) {
    one.passed_startup = true;
    for (ProbeWorker& other : one.probes) other.others_may_begin(now);
  }
  if (!verdict.kill || !one.running()) return;
  const bool liveness = kind == ProbeKind::kLiveness;
  std::string why =
      "Container " + one.spec->name + " failed " + (liveness ? "liveness" : "startup") + " probe";
  const bool again =
      one.role == Role::kSidecar || pod_.restart_policy != spec::RestartPolicy::kNever;
  if (again) why += ", will be restarted";
  begin_ending(container, liveness ? "liveness" : "startup", why,
               worker->spec().grace.value_or(pod_.grace), now);
}

}  // namespace duress::rehearse
