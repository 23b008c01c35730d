#include "agent/reconcile.h"

#include <algorithm>
#include <functional>

#include "spec/manifest_text.h"

namespace duress::agent {

namespace {

// A load whose own end is not before the order's is ended in time by us.
bool lasts_long_enough(const std::optional<WallTime>& load, const std::optional<WallTime>& order) {
  return !load || (order && *order <= *load);
}

void earlier(std::optional<Duration>& to, Duration time) {
  time = std::max(time, Duration(0));
  to = to ? std::min(*to, time) : time;
}

std::optional<Because> why_stop(const World& world, const LoadNow& load) {
  const auto order = world.orders.find(load.slot.experiment);
  if (order == world.orders.end()) return Because::kNoOrder;
  const spec::NodeOrder& wanted = order->second.order;
  if (!is_wanted(wanted)) return Because::kStop;
  if (is_over(wanted, world.server_now)) return Because::kDeadline;
  const auto& containers = wanted.containers;
  const bool listed = std::ranges::any_of(containers, [&](const spec::ContainerOrder& container) {
    return slot_of(load.slot.experiment, container) == load.slot;
  });
  if (!listed) return Because::kNoOrder;
  if (const auto running = world.running.find(load.slot);
      running != world.running.end() && running->second != load.container_id)
    return Because::kOtherContainer;
  if (load.content != order->second.content || !lasts_long_enough(load.deadline, wanted.deadline))
    return Because::kChanged;
  return std::nullopt;
}

// Unset: not now. `in`: but then, if nothing else happens.
bool may_start(const World& world, const OrderNow& order, const Slot& slot, const std::string& id,
               std::optional<Duration>& in) {
  const bool elsewhere = std::ranges::any_of(world.loads, [&](const LoadNow& load) {
    return load.slot == slot && load.container_id != id;
  });
  if (elsewhere && !order.order.again) return false;
  const auto found = world.past.find(slot);
  if (found == world.past.end()) return true;
  const PastLoad& past = found->second;
  if (past.container_id != id) return order.order.again;
  const bool changed =
      past.content != order.content || !lasts_long_enough(past.deadline, order.order.deadline);
  if (changed || past.fate == Fate::kStopped) return true;
  if (past.fate == Fate::kEnded || past.deaths >= kMostDeaths) return false;
  const Duration left = past.at + kAfterADeath * past.deaths - world.now;
  if (left <= Duration(0)) return true;
  earlier(in, left);
  return false;
}

// What is there, or is about to be.
struct Taken {
  std::set<std::pair<std::string, std::string>> containers{};  // by experiment
  std::size_t preflights = 0;
};

void start_due(const World& world, const std::string& experiment, const OrderNow& order,
               Taken& taken, Actions& out) {
  for (const spec::ContainerOrder& container : order.order.containers) {
    const Slot slot = slot_of(experiment, container);
    const auto running = world.running.find(slot);
    if (running == world.running.end()) continue;
    const std::string& id = running->second;
    if (taken.containers.contains({experiment, id})) continue;
    if (!may_start(world, order, slot, id, out.again)) continue;
    // The end of one begins the next.
    if (order.order.preflight && ++taken.preflights > kMostPreflights) continue;
    taken.containers.emplace(experiment, id);
    out.starts.push_back({slot, id, order.content, order.order.deadline, order.order.preflight});
  }
}

}  // namespace

bool is_wanted(const spec::NodeOrder& order) { return order.run || order.preflight; }

bool is_over(const spec::NodeOrder& order, WallTime now) {
  return order.deadline && *order.deadline <= now;
}

Slot slot_of(const std::string& experiment, const spec::ContainerOrder& container) {
  return {experiment, container.ns, container.pod, container.container};
}

std::uint64_t content_of(const spec::NodeOrder& order) {
  return std::hash<std::string>()(spec::manifest_text(order.loads, "of-a-node") +
                                  (order.preflight ? "preflight" : ""));
}

Actions reconcile(const World& world) {
  Actions out;
  Taken taken;
  for (const LoadNow& load : world.loads) {
    taken.containers.emplace(load.slot.experiment, load.container_id);
    if (load.preflight) ++taken.preflights;
    if (load.stopping) continue;
    if (const auto because = why_stop(world, load)) out.stops.push_back({load.number, *because});
  }
  for (const auto& [experiment, order] : world.orders) {
    if (!is_wanted(order.order) || is_over(order.order, world.server_now)) continue;
    if (order.order.deadline) earlier(out.again, *order.order.deadline - world.server_now);
    start_due(world, experiment, order, taken, out);
  }
  return out;
}

std::string why_waiting(const World& world, const OrderNow& order, const Slot& slot) {
  if (!is_wanted(order.order)) return "";
  if (is_over(order.order, world.server_now)) return "the experiment's time is over";
  const auto running = world.running.find(slot);
  if (running == world.running.end()) return "the container does not run on this node";
  const auto past = world.past.find(slot);
  if (past != world.past.end() && past->second.container_id != running->second &&
      !order.order.again)
    return "the container was restarted, and the experiment says restart: end";
  return "";
}

}  // namespace duress::agent
