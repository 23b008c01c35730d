#include "rehearse/experiments.h"

#include <algorithm>

#include "spec/pod_candidate.h"

namespace duress::rehearse {

namespace {

bool is_final(Phase phase) { return phase == Phase::kSucceeded || phase == Phase::kFailed; }

std::vector<spec::Candidate> candidates_of(const std::vector<spec::Pod>& pods,
                                           const std::string& node) {
  std::vector<spec::Candidate> out;
  for (const spec::Pod& pod : pods) out.push_back(spec::candidate_of(pod, node));
  return out;
}

std::optional<std::size_t> index_of(const PodState& pod, const std::string& container) {
  const auto found = std::ranges::find(pod.containers, container, &ContainerState::name);
  if (found == pod.containers.end()) return std::nullopt;
  return static_cast<std::size_t>(found - pod.containers.begin());
}

}  // namespace

Result<Experiments> Experiments::choose(std::vector<Experiment> experiments,
                                        const std::vector<spec::Pod>& pods,
                                        const std::vector<PodState>& states, const Draw& draw) {
  const std::vector<spec::Candidate> candidates = candidates_of(pods, draw.node);
  Experiments out(std::move(experiments));
  for (std::size_t e = 0; e < out.experiments_.size(); ++e) {
    const Experiment& experiment = out.experiments_[e];
    const std::vector<std::size_t> chosen =
        spec::choose(experiment.selection, candidates, experiment.ns, draw.seed + e);
    if (chosen.empty()) {
      return fail(Code::kRefused, "StressChaos " + quoted(experiment.name) +
                                      " selects none of the Pods: there are " +
                                      spec::described(candidates));
    }
    for (const std::size_t pod : chosen) {
      auto names = spec::choose_containers(experiment.selection, candidates[pod]);
      if (!names)
        return std::unexpected(names.error().context("StressChaos " + quoted(experiment.name)));
      for (const std::string& name : *names) {
        if (const auto container = index_of(states[pod], name))
          out.bookings_.push_back({.place = {e, pod, *container}});
      }
    }
  }
  return out;
}

std::optional<Duration> Experiments::left(std::size_t experiment, Instant now) const {
  const std::optional<Duration>& duration = experiments_[experiment].duration;
  if (!duration) return std::nullopt;
  if (!began_) return duration;
  return std::max<Duration>(Duration(0), *began_ + *duration - now);
}

bool Experiments::may_start(const Booking& booking, Instant now,
                            const std::vector<PodState>& states) const {
  const Experiment& experiment = experiments_[booking.place.experiment];
  if (experiment.paused || booking.stage == LoadStage::kOn) return false;
  if (booking.times > 0 && !experiment.again) return false;
  if (const auto rest = left(booking.place.experiment, now); rest && rest->count() == 0)
    return false;
  const PodState& pod = states[booking.place.pod];
  return !is_final(pod.phase) && !pod.terminating;
}

std::vector<std::size_t> Experiments::due(Instant now, const std::vector<PodState>& states) const {
  std::vector<std::size_t> out;
  if (!began_) return out;
  for (std::size_t i = 0; i < bookings_.size(); ++i) {
    const Booking& booking = bookings_[i];
    if (!may_start(booking, now, states)) continue;
    const ContainerState& container = states[booking.place.pod].containers[booking.place.container];
    const bool lives = container.stage == Stage::kRunning && !container.stopping;
    // Once on each container that comes: a load that ended by itself is not begun anew there.
    if (lives && container.id != booking.container_id) out.push_back(i);
  }
  return out;
}

void Experiments::started(std::size_t booking, const std::string& container_id) {
  Booking& at = bookings_[booking];
  at.stage = LoadStage::kOn;
  at.container_id = container_id;
  at.why_over.clear();
  ++at.times;
}

void Experiments::ended(std::size_t booking, std::string why) {
  bookings_[booking].stage = LoadStage::kOver;
  bookings_[booking].why_over = std::move(why);
}

bool Experiments::over(Instant now, const std::vector<PodState>& states) const {
  if (!began_) return false;
  return std::ranges::none_of(bookings_, [&](const Booking& booking) {
    if (booking.stage == LoadStage::kOn) return true;
    if (!may_start(booking, now, states)) return false;
    const ContainerState& container = states[booking.place.pod].containers[booking.place.container];
    const bool done_there = container.stage == Stage::kRunning && !container.stopping &&
                            container.id == booking.container_id;
    return !done_there;
  });
}

bool all_ready(const std::vector<PodState>& states, Instant now, Duration settled) {
  const auto is_young = [&](const ContainerState& container) {
    return container.stage == Stage::kRunning && container.since &&
           now - *container.since < settled;
  };
  return std::ranges::all_of(states, [&](const PodState& pod) {
    return is_final(pod.phase) || (pod.ready && std::ranges::none_of(pod.containers, is_young));
  });
}

}  // namespace duress::rehearse
