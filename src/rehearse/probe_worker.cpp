#include "rehearse/probe_worker.h"

#include <utility>

namespace duress::rehearse {

namespace {

// Of a container that nobody has asked yet: alive until shown otherwise, not ready until shown.
bool passes_at_first(ProbeKind kind) { return kind == ProbeKind::kLiveness; }

}  // namespace

ProbeWorker::ProbeWorker(spec::Probe probe, ProbeKind kind, Instant first_tick)
    : probe_(std::move(probe)), next_(first_tick) {
  state_.kind = kind;
  state_.passing = passes_at_first(kind);
}

void ProbeWorker::container_started(Instant now) {
  started_ = now;
  on_hold_ = false;
  running_ = false;
  missed_ = false;
  begun_ = state_.kind == ProbeKind::kStartup;
  state_.passing = passes_at_first(state_.kind);
}

void ProbeWorker::container_ended() {
  started_.reset();
  running_ = false;
  missed_ = false;
  state_.passing = false;
}

void ProbeWorker::others_may_begin(Instant now) {
  if (state_.kind == ProbeKind::kStartup) {
    on_hold_ = true;
    return;
  }
  begun_ = true;
  // A kubelet asks at once whether what has just begun is ready, and counts its periods from there.
  if (state_.kind == ProbeKind::kReadiness) next_ = now;
}

void ProbeWorker::end() { ended_ = true; }

bool ProbeWorker::may_run(Instant now) const {
  if (!started_ || !begun_ || on_hold_) return false;
  // Whole seconds, as the kubelet compares them.
  return std::chrono::floor<std::chrono::seconds>(now - *started_) >= probe_.initial_delay;
}

bool ProbeWorker::take_due(Instant now) {
  if (ended_) return false;
  bool tick = false;
  if (now >= next_) {
    tick = true;
    const auto late = now - next_;
    next_ += (late / probe_.period + 1) * std::chrono::nanoseconds(probe_.period);
  }
  if (running_) {
    missed_ = missed_ || tick;
    return false;
  }
  if (!tick && !missed_) return false;
  missed_ = false;
  if (!may_run(now)) return false;
  running_ = true;
  return true;
}

ProbeVerdict ProbeWorker::done(ProbeOutcome outcome, const std::string& message, Instant now) {
  if (!running_) return {};  // of a container that has ended meanwhile
  running_ = false;
  ++state_.runs;
  state_.last_at = now;
  if (outcome != ProbeOutcome::kSuccess) state_.message = message;
  if (outcome == ProbeOutcome::kFailure) ++state_.failures;
  state_.last = outcome;
  if (outcome == ProbeOutcome::kError) return {};  // thrown away, as if it had not been run
  state_.in_a_row = counted_ == outcome ? state_.in_a_row + 1 : 1;
  counted_ = outcome;
  const bool failed = outcome == ProbeOutcome::kFailure;
  const int threshold = failed ? probe_.failure_threshold : probe_.success_threshold;
  if (state_.in_a_row < threshold) return {};
  ProbeVerdict out;
  out.changed = state_.passing == failed;
  state_.passing = !failed;
  if (failed && state_.kind != ProbeKind::kReadiness) {
    out.kill = true;
    on_hold_ = true;
    state_.in_a_row = 0;
  }
  return out;
}

Instant ProbeWorker::deadline() const {
  if (ended_ || !started_ || !begun_ || on_hold_) return Instant::max();
  return missed_ && !running_ ? Instant::min() : next_;
}

}  // namespace duress::rehearse
