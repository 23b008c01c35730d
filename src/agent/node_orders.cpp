// What a node is told to do: see node.h.
#include <algorithm>

#include "agent/node_parts.h"

namespace duress::agent {

void Node::ordered(spec::NodeOrder order, std::int64_t generation, const spec::NodeReport& before) {
  if (shut_down_) return;
  forgotten_.clear();
  const std::string experiment = order.experiment_uid;
  // It was not older than this experiment, whether it is there still or not.
  if (before.stopped_for_all) stop_all(order.created);
  if (stop_all_.stops(order.created)) order.desired = spec::Desired::kStop;
  OrderNow now{std::move(order), 0};
  now.content = content_of(now.order);
  std::set<Slot> listed;
  for (const spec::ContainerOrder& container : now.order.containers) {
    const Slot slot = slot_of(experiment, container);
    listed.insert(slot);
    if (const auto story = stories_.find(slot); story != stories_.end()) {
      const auto past = past_.find(slot);
      if (past != past_.end() && is_another(now, past->second.content, past->second.deadline))
        story->second.asked_anew();
      continue;
    }
    const auto told = std::ranges::find_if(before.containers, [&](const auto& one) {
      return one.ns == slot.ns && one.pod == slot.pod && one.container == slot.container;
    });
    if (told == before.containers.end() || told->times == 0) {
      stories_.try_emplace(slot);
      continue;
    }
    // A load that had failed stays so, whoever put it on.
    const bool failed =
        told->injection == spec::Injection::kFailed && before.observed_generation == generation;
    past_[slot] = {told->id, now.content, now.order.deadline,
                   failed ? Fate::kEnded : Fate::kStopped, parts_.reactor.now()};
    const auto story = stories_.try_emplace(slot, *told).first;
    if (!failed) story->second.asked_anew();
  }
  const auto left_out = [&](const Slot& slot) {
    return slot.experiment == experiment && !listed.contains(slot);
  };
  std::erase_if(stories_, [&](const auto& story) { return left_out(story.first); });
  std::erase_if(past_, [&](const auto& past) { return left_out(past.first); });
  unreadable_.erase(experiment);
  orders_[experiment] = std::move(now);
  generations_[experiment] = generation;
  awaited_since_ = parts_.reactor.now();
  settle();
}

void Node::forget(const std::string& experiment) {
  orders_.erase(experiment);
  generations_.erase(experiment);
  unreadable_.erase(experiment);
  std::erase_if(stories_, [&](const auto& one) { return one.first.experiment == experiment; });
  std::erase_if(past_, [&](const auto& one) { return one.first.experiment == experiment; });
}

void Node::gone(const std::string& experiment) {
  forget(experiment);
  // Nobody can ask for them any more.
  recordings_.forget([&](const Slot& slot) { return slot.experiment == experiment; });
  settle();
}

void Node::unreadable(const std::string& experiment, std::int64_t generation, std::string problem) {
  if (shut_down_) return;
  forget(experiment);
  unreadable_[experiment] = {generation, std::move(problem)};
  settle();
}

void Node::stop_all(std::optional<WallTime> created) {
  if (!stop_all_.saw(created)) return;
  for (auto& [experiment, now] : orders_)
    if (stop_all_.stops(now.order.created)) now.order.desired = spec::Desired::kStop;
  settle();
}

void Node::complete() {
  const auto unknown = [&](const auto& one) { return !orders_.contains(one.first.experiment); };
  std::erase_if(stories_, unknown);
  std::erase_if(past_, unknown);
  recordings_.forget([&](const Slot& slot) { return !orders_.contains(slot.experiment); });
}

void Node::forget_orders(const std::string& why) {
  forgotten_ = why;
  orders_.clear();
  generations_.clear();
  unreadable_.clear();
  settle();
}

void Node::shut_down(const std::string& why) {
  forgotten_ = why;
  shut_down_ = true;
  settle();
}

void Node::look() {
  awaited_since_ = parts_.reactor.now();
  settle();
}

}  // namespace duress::agent
