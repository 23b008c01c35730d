// What a rehearsal looks like at a moment and at its end: see rehearse_session.h.
#include <algorithm>

#include "cli/rehearse_session_parts.h"
#include "explain/verdict.h"
#include "observe/recording_file.h"

namespace duress::cli {

namespace {

constexpr auto kSettles = std::chrono::milliseconds(600);

}  // namespace

NewsTold heed_news(const agent::LoadNews& news, LoadSight& sight) {
  if (const auto* planned = std::get_if<agent::LoadPlanned>(&news)) {
    sight.asked = planned->plan.memory;
    if (!planned->foretold || planned->foretold->answer == "safe") return {};
    return {.reason = "Foretold", .text = planned->foretold->sentence};
  }
  if (const auto* sampled = std::get_if<agent::LoadSampled>(&news)) {
    sight.asked = sampled->asked;
    sight.held = sampled->held;
    return {};
  }
  if (std::holds_alternative<agent::LoadReached>(news))
    return {.reason = "Reached", .text = "the load of " + sight.experiment + " is as asked for"};
  if (const auto* said = std::get_if<agent::LoadTold>(&news)) {
    sight.last_word = said->what;
    return {.warning = said->what.find("OOM killer") != std::string::npos,
            .reason = "Load",
            .text = said->what};
  }
  const auto* const ended = std::get_if<agent::LoadOver>(&news);
  if (ended == nullptr) return {};
  const agent::LoadOver& over = *ended;
  sight.held.reset();
  sight.last_word = over.end.message;
  const bool failed = over.end.reason == "failed" || over.end.reason == "heldUp";
  return {.warning = over.exit_code != 0,
          .failed = failed,
          .reason = failed ? "Failed" : "Recovered",
          .text = over.end.message};
}

RehearsalSight RehearseSession::sight(Instant now) const {
  RehearsalSight out;
  out.now = now;
  out.at = now - start_;
  out.stopping = stopping_;
  out.pods = rehearsal_->state();
  out.events = events_;
  out.machine = std::string("cgroup ") +
                (world_.hierarchy.version == cgroup::Version::kV1 ? "v1" : "v2") + ", node of " +
                format_bytes(plan_.node_memory.value_or(world_.node_memory));
  if (experiments_->began()) {
    out.loaded = now - *experiments_->began();
    for (std::size_t i = 0; i < experiments_->experiments().size(); ++i) {
      const auto left = experiments_->left(i, now);
      if (!left) {
        out.left.reset();
        break;
      }
      out.left = std::max(out.left.value_or(*left), *left);
    }
  }
  if (plan_.duration) {
    const Duration rest = std::max<Duration>(Duration(0), *plan_.duration - out.at);
    out.left = std::min(out.left.value_or(rest), rest);
  }
  for (const auto& one : watched_) {
    ContainerSight container{.pod = one->pod, .container = one->container};
    if (const observe::Look* look = one->watch.last()) container.look = *look;
    for (std::size_t i = 0; i < load_sights_.size(); ++i) {
      const rehearse::Place& place = experiments_->bookings()[i].place;
      if (place.pod == one->pod && place.container == one->container)
        container.loads.push_back(load_sights_[i]);
    }
    out.containers.push_back(std::move(container));
  }
  return out;
}

ContainerResult RehearseSession::result_of(std::size_t index) {
  Watched& one = *watched_[index];
  const rehearse::PodState& pod = rehearsal_->state()[one.pod];
  const rehearse::ContainerState& container = pod.containers[one.container];
  ContainerResult out{.ns = pod.ns,
                      .pod = pod.name,
                      .container = container.name,
                      .qos = pod.qos,
                      .oom_score_adj = container.oom_score_adj,
                      .stressed = one.watch.was_stressed(),
                      .restarts = one.watch.restarts_since_begin(container)};
  if (one.watch.has_ended() && container.last) {
    out.exit_code = container.last->exit_code;
    out.reason = container.last->reason;
  }
  auto path = one.watch.close(world_.clock.now());
  if (!path) {
    failures_.push_back(path.error().message);
    return out;
  }
  if (path->empty()) {
    out.fate = Fate::kNeverReady;
    out.verdict.sentence =
        "It never ran: " + (container.message.empty() ? container.reason : container.message) + ".";
    out.verdict.severity = explain::Severity::kBad;
    return out;
  }
  out.recording = *path;
  auto recording = observe::read_recording(*path);
  if (!recording) {
    failures_.push_back(recording.error().message);
    return out;
  }
  out.verdict = explain::judge(*recording);
  out.fate = fate_of(out.verdict, out.restarts, one.watch.has_ended(), one.watch.was_ready());
  if (recording->foretold) out.foretold = recording->foretold->answer;
  for (const observe::Look& look : recording->looks)
    out.peak = std::max(out.peak, look.memory.usage);
  if (!recording->looks.empty()) out.limit = recording->looks.back().limit;
  return out;
}

RehearsalResult RehearseSession::finish() {
  // Kills of the last moment: the kernel's log is up to half a second behind the counters.
  const Instant until = world_.clock.now() + kSettles;
  while (world_.clock.now() < until &&
         std::ranges::any_of(watched_, [](const auto& one) { return one->watch.is_unsettled(); })) {
    auto ready = poller_->wait(until - world_.clock.now());
    if (ready) heed(*ready);
  }
  RehearsalResult out;
  out.lasted = world_.clock.now() - start_;
  loads_.clear();
  for (std::size_t i = 0; i < watched_.size(); ++i) out.containers.push_back(result_of(i));
  out.left_behind = rehearsal_->close();
  out.failures = failures_;
  return out;
}

}  // namespace duress::cli
