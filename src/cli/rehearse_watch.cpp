#include "cli/rehearse_watch.h"

#include <algorithm>

#include "cli/recording_setting.h"

namespace duress::cli {

namespace {

using observe::EventKind;

constexpr auto kQuietLook = std::chrono::seconds(1);

// "liveness": as a recording's events have it.
std::string probe_name(rehearse::ProbeKind kind) {
  std::string name(rehearse::name_of(kind));
  name.front() = static_cast<char>(name.front() | 0x20);
  return name;
}

}  // namespace

Result<cgroup::Target> ContainerWatch::locate(const std::string& cgroup) const {
  return cgroup::locate(setting_.roots, setting_.hierarchy, cgroup::ByPath{cgroup});
}

void ContainerWatch::tell(observe::Event event, Instant now) {
  if (recorder_) recorder_->tell(std::move(event), now);
}

Result<> ContainerWatch::started(const rehearse::ContainerState& container) {
  auto target = locate(container.cgroup);
  // It may have ended by now; its end is told next.
  if (!target) return {};
  const Instant now = setting_.clock.now();
  next_look_ = now;
  gone_ = false;
  if (recorder_) {
    recorder_->retarget(std::move(*target));
    tell({.kind = EventKind::kContainerRestarted,
          .text = "Started container " + container.name,
          .pid = container.pid},
         now);
    return {};
  }
  target->name = setting_.name;
  auto setting = recorder_setting(setting_.where, setting_.command, *target, setting_.clock);
  if (!setting) return std::unexpected(setting.error());
  auto recorder = observe::Recorder::start(*setting, std::move(*target), setting_.clock);
  if (!recorder) return std::unexpected(recorder.error());
  recorder_ = std::move(*recorder);
  tell({.kind = EventKind::kContainerStarted,
        .text = "Started container " + container.name,
        .pid = container.pid},
       now);
  return {};
}

void ContainerWatch::ended(const rehearse::Termination& termination, Instant now) {
  ended_ = ended_ || began_;
  if (!recorder_) return;
  (void)recorder_->look(now);
  gone_ = true;
  tell({.kind = EventKind::kContainerEnded,
        .text = "the container ended: " + termination.reason + ", exit code " +
                std::to_string(termination.exit_code) +
                (termination.killed_for.empty() ? "" : "; ended for " + termination.killed_for),
        .code = termination.exit_code},
       now);
}

void ContainerWatch::probed(const rehearse::ProbeResult& result, Instant now) {
  if (result.outcome == rehearse::ProbeOutcome::kError) return;
  const bool passed = result.outcome == rehearse::ProbeOutcome::kSuccess;
  tell({.kind = passed ? EventKind::kProbePassed : EventKind::kProbeFailed,
        .subject = probe_name(result.kind),
        .text = result.message},
       now);
}

void ContainerWatch::told(const std::string& text, Instant now) {
  tell({.kind = EventKind::kTold, .text = text}, now);
}

void ContainerWatch::load_started(const std::string& experiment, Instant now) {
  stressed_ = true;
  ++loads_on_;
  next_look_ = now;
  tell({.kind = EventKind::kLoadStarted, .text = "the load of " + experiment + " was started"},
       now);
}

void ContainerWatch::load_told(const agent::LoadNews& news, Instant now) {
  if (!recorder_) return;
  if (const auto* planned = std::get_if<agent::LoadPlanned>(&news)) {
    // What was asked for first, and foretold then, is what the verdict is held against.
    if (!planned_) recorder_->plan(planned->plan);
    if (!planned_ && planned->foretold) recorder_->foretold(*planned->foretold);
    if (planned->plan.memory) recorder_->load(*planned->plan.memory, Bytes{});
    planned_ = true;
  } else if (const auto* sampled = std::get_if<agent::LoadSampled>(&news)) {
    recorder_->load(sampled->asked.value_or(Bytes{}), sampled->held.value_or(Bytes{}));
  } else if (std::holds_alternative<agent::LoadReached>(news)) {
    tell({.kind = EventKind::kLoadReached, .text = "the load has reached what was asked"}, now);
  } else if (const auto* said = std::get_if<agent::LoadTold>(&news)) {
    tell({.kind = EventKind::kTold, .text = said->what}, now);
  } else if (const auto* over = std::get_if<agent::LoadOver>(&news)) {
    loads_on_ = std::max(0, loads_on_ - 1);
    if (loads_on_ == 0) recorder_->load_over();
    load_end_ = over->end;
    tell({.kind = EventKind::kLoadEnded, .subject = over->end.reason, .text = over->end.message},
         now);
  }
}

void ContainerWatch::look(Instant now) {
  if (!recorder_ || now < next_look_) return;
  next_look_ = now + (loads_on_ > 0 ? Duration(observe::kLookEvery) : Duration(kQuietLook));
  if (!gone_ && !recorder_->look(now)) gone_ = true;
}

void ContainerWatch::hear(Instant now) {
  if (recorder_) recorder_->hear(now);
}

void ContainerWatch::mark_begin(const rehearse::ContainerState& container) {
  began_ = true;
  was_ready_ =
      container.ready || (container.stage == rehearse::Stage::kRunning && container.probes.empty());
  restarts_before_ = container.restarts;
  ended_ = false;
}

Result<std::string> ContainerWatch::close(Instant now) {
  if (!recorder_) return std::string();
  if (load_end_) recorder_->end(*load_end_);
  std::string path = recorder_->path();
  auto closed = recorder_->close(now);
  recorder_.reset();
  if (!closed) return std::unexpected(closed.error());
  return path;
}

}  // namespace duress::cli
