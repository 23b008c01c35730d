// What a node tells: reports, and the verdicts in them. See node.h.
#include <algorithm>

#include "agent/node_parts.h"
#include "agent/recordings.h"
#include "explain/verdict.h"
#include "observe/compact.h"

namespace duress::agent {

namespace {

constexpr auto kTidyEvery = std::chrono::minutes(10);

}  // namespace

void Node::judge_later(const Load& load, Duration in) {
  if (!load.recording) return;
  const Instant at = parts_.reactor.now() + in;
  std::erase_if(judgements_, [&](const Judgement& one) { return one.recording == load.recording; });
  judgements_.push_back({at, load.slot, load.recording, load.over_time});
  judge_timer_ = parts_.reactor.at(std::ranges::min(judgements_, {}, &Judgement::at).at,
                                   [this] { judge_next(); });
}

void Node::judge_next() {
  const auto next = std::ranges::min_element(judgements_, {}, &Judgement::at);
  if (next == judgements_.end()) return;
  const Judgement one = std::move(*next);
  judgements_.erase(next);
  if (const auto story = stories_.find(one.slot); story != stories_.end()) {
    if (auto recording = read_recording(*one.recording)) {
      if (one.over_time) tell_deadline(*recording);
      story->second.judged(explain::judge(*recording).sentence);
      parts_.on_report(one.slot.experiment);
    }
  }
  judge_timer_.reset();
  if (judgements_.empty()) return;
  judge_timer_ = parts_.reactor.at(std::ranges::min(judgements_, {}, &Judgement::at).at,
                                   [this] { judge_next(); });
}

std::optional<spec::NodeReport> Node::report(const std::string& experiment) const {
  const auto found = orders_.find(experiment);
  if (found == orders_.end()) return report_unreadable(experiment);
  const spec::NodeOrder& order = found->second.order;
  spec::NodeReport out;
  out.observed_generation = generations_.at(experiment);
  out.stopped_for_all = stop_all_.stops(order.created);
  for (const spec::ContainerOrder& container : order.containers) {
    const auto story = stories_.find(slot_of(experiment, container));
    spec::ContainerReport one =
        story != stories_.end() ? story->second.report() : spec::ContainerReport();
    one.ns = container.ns;
    one.pod = container.pod;
    one.container = container.container;
    if (one.id.empty()) one.id = container.id;
    if (one.preflight) one.preflight->node = order.node;
    out.containers.push_back(std::move(one));
  }
  bool on = false;
  for (const auto& [number, load] : loads_) {
    if (load->slot.experiment != experiment) continue;
    if (is_starting(*load)) return std::nullopt;
    on = true;
  }
  const bool quiet =
      shut_down_ || order.desired != spec::Desired::kRun || is_over(order, server_now());
  out.released = !on && quiet;
  fit(out);
  return out;
}

std::optional<spec::NodeReport> Node::report_unreadable(const std::string& experiment) const {
  const auto found = unreadable_.find(experiment);
  if (found == unreadable_.end()) return std::nullopt;
  const bool on = std::ranges::any_of(
      loads_, [&](const auto& load) { return load.second->slot.experiment == experiment; });
  spec::NodeReport out{.observed_generation = found->second.generation,
                       .released = !on,
                       .problem = found->second.problem};
  fit(out);
  return out;
}

void Node::keep_recording(const Load& load) {
  if (load.preflight) return;
  recordings_.keep(load.slot, load.container_id, load.recording, load.began);
  if (tidy_timer_ || recordings_.is_empty()) return;
  tidy_timer_ = parts_.reactor.after(kTidyEvery, [this] { tidy_recordings(); });
}

void Node::tidy_recordings() {
  recordings_.let_removed_go();
  tidy_timer_.reset();
  if (recordings_.is_empty()) return;
  tidy_timer_ = parts_.reactor.after(kTidyEvery, [this] { tidy_recordings(); });
}

std::vector<spec::RecordingObject> Node::recordings(const std::string& experiment) const {
  std::vector<spec::RecordingObject> out;
  const auto found = orders_.find(experiment);
  if (found == orders_.end()) return out;
  const spec::NodeOrder& order = found->second.order;
  for (const spec::ContainerOrder& container : order.containers) {
    const std::string id = recordings_.container_id(slot_of(experiment, container));
    out.push_back({.node = order.node,
                   .experiment_ns = order.experiment_ns,
                   .experiment = order.experiment,
                   .experiment_uid = experiment,
                   .ns = container.ns,
                   .pod = container.pod,
                   .container = container.container,
                   .container_id = id.empty() ? container.id : id});
  }
  return out;
}

void Node::read(spec::RecordingObject& recording) const {
  recording.taken = server_now();
  auto kept = recordings_.read(
      {recording.experiment_uid, recording.ns, recording.pod, recording.container});
  if (kept) {
    // As people know it; the load knew its cgroup alone.
    kept->header.target = recording.id();
    recording.bytes = observe::compact(*kept, spec::kMostRecordingBytes);
    return;
  }
  if (kept.error().code != Code::kNotFound) {
    recording.problem = kept.error().message;
  } else if (!parts_.record) {
    recording.problem = "the agent of node " + recording.node + " is told to record nothing";
  } else {
    recording.problem = "the agent of node " + recording.node +
                        " has no recording of it: no load was begun there since that agent was "
                        "started, or it is over for more than an hour";
  }
}

std::vector<Reported> Node::reported() const {
  std::vector<Reported> out;
  for (const auto& [experiment, now] : orders_) {
    if (now.order.desired == spec::Desired::kPreflight) continue;
    auto told = report(experiment);
    if (!told) continue;
    Reported& one = out.emplace_back(Reported{now.order.experiment_ns, now.order.experiment, {}});
    for (spec::ContainerReport& container : told->containers) {
      const auto story =
          stories_.find({experiment, container.ns, container.pod, container.container});
      one.containers.push_back(
          {std::move(container), story != stories_.end() ? story->second.metered() : Metered{}});
    }
  }
  return out;
}

}  // namespace duress::agent
