// When a probe is due and what its outcomes add up to, as a kubelet's worker has it
// (pkg/kubelet/prober/worker.go). It runs no probe. Pure: time is passed in. One worker a probe of
// a container, kept across its restarts; one thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "rehearse/state.h"
#include "spec/probe.h"

namespace duress::rehearse {

// What an outcome changed.
struct ProbeVerdict {
  bool changed = false;  // passing() did
  bool kill = false;     // liveness or startup has failed for good: the container has to end
};

class ProbeWorker final {
 public:
  // Ticks from `first_tick` on, every period. A tick before the container runs is none: with the
  // Pod's beginning as the first tick, the first probe comes after one period.
  ProbeWorker(spec::Probe probe, ProbeKind kind, Instant first_tick);

  void container_started(Instant now);
  void container_ended();
  // The startup probe has succeeded, or there is none: the others may begin.
  void others_may_begin(Instant now);
  void end();  // for good: the Pod is being deleted

  // True: run it now and tell done(). Call at deadline() and after the above.
  [[nodiscard]] bool take_due(Instant now);
  [[nodiscard]] ProbeVerdict done(ProbeOutcome outcome, const std::string& message, Instant now);
  [[nodiscard]] Instant deadline() const;

  [[nodiscard]] const spec::Probe& spec() const { return probe_; }
  [[nodiscard]] ProbeKind kind() const { return state_.kind; }
  [[nodiscard]] bool passing() const { return state_.passing; }
  [[nodiscard]] const ProbeState& state() const { return state_; }

 private:
  [[nodiscard]] bool may_run(Instant now) const;

  spec::Probe probe_;
  ProbeState state_;
  Instant next_;
  std::optional<Instant> started_{};  // unset: no container runs
  // Of the last one that counted. The run of equal ones goes on across a restart, as a kubelet's
  // does.
  ProbeOutcome counted_ = ProbeOutcome::kSuccess;
  bool begun_ = false;    // not held back by the startup probe
  bool on_hold_ = false;  // failed for good: until the next container
  bool ended_ = false;
  bool running_ = false;
  bool missed_ = false;  // a tick came while it ran: again right after it
};

}  // namespace duress::rehearse
