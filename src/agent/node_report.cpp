// What a node tells: reports, and the verdicts in them. See node.h.
#include <algorithm>

#include "agent/node_parts.h"
#include "agent/recordings.h"
#include "explain/verdict.h"

namespace duress::agent {

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
      if (one.over_time && recording->end && recording->end->reason == "signal")
        recording->end->reason = "deadline";
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
  const bool quiet = shut_down_ || !order.run || is_over(order, server_now());
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

std::vector<Reported> Node::reported() const {
  std::vector<Reported> out;
  for (const auto& [experiment, now] : orders_) {
    if (now.order.preflight) continue;
    if (auto told = report(experiment))
      out.push_back({now.order.experiment_ns, now.order.experiment, std::move(*told)});
  }
  return out;
}

}  // namespace duress::agent
