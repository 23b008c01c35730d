#include "agent/reconcile.h"

#include <algorithm>
#include <functional>

#include "spec/manifest_text.h"

namespace duress::agent {

namespace {

// Preflights are processes of some milliseconds: so many at a time.
constexpr std::size_t kMostPreflights = 4;

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
  if (is_another(order->second, load.content, load.deadline)) return Because::kChanged;
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
  if (is_another(order, past.content, past.deadline) || past.fate == Fate::kStopped) return true;
  if (past.fate == Fate::kEnded || past.deaths >= kMostDeaths) return false;
  const Duration left = past.at + kAfterADeath * past.deaths - world.now;
  if (left <= Duration(0)) return true;
  earlier(in, left);
  return false;
}

// Of the node, beyond what its process is.
bool is_preflight(const spec::NodeOrder& order) {
  return order.desired == spec::Desired::kPreflight;
}

bool takes_memory(const spec::NodeOrder& order) {
  return order.loads.memory || !order.loads.stressng.empty();
}

// And it tells when it has reached what was asked for: stress-ng does not.
bool fills_memory(const spec::NodeOrder& order) {
  return order.loads.memory && order.loads.stressng.empty();
}

// What is there, or is about to be.
struct There {
  std::set<std::pair<std::string, std::string>> containers{};  // by experiment
  std::size_t preflights = 0;
  Taken taken{};
};

void take(const LoadNow& load, Taken& taken) {
  if (load.preflight) return;
  taken.memory += load.claim.value_or(Bytes{0});
  taken.is_whole = taken.is_whole && load.claim;
  if (load.fills && !load.stopping) ++taken.fills;
}

// Why the administrator's bounds do not let a load begin now.
std::string why_not_yet(const World& world, const Taken& taken, const OrderNow& order,
                        const Slot& slot, const std::string& id) {
  if (!world.bounds.any() || is_preflight(order.order) || !takes_memory(order.order)) return "";
  std::optional<Bytes> asks;
  if (const auto past = world.past.find(slot); past != world.past.end() &&
                                               past->second.container_id == id &&
                                               past->second.content == order.content)
    asks = past->second.claim;
  return why_held_back(world.bounds, taken, asks);
}

void start_due(const World& world, const std::string& experiment, const OrderNow& order,
               There& there, Actions& out) {
  for (const spec::ContainerOrder& container : order.order.containers) {
    const Slot slot = slot_of(experiment, container);
    const auto running = world.running.find(slot);
    if (running == world.running.end()) continue;
    const std::string& id = running->second;
    if (there.containers.contains({experiment, id})) continue;
    if (!may_start(world, order, slot, id, out.again)) continue;
    // The end of one begins the next.
    if (is_preflight(order.order) && ++there.preflights > kMostPreflights) continue;
    if (!why_not_yet(world, there.taken, order, slot, id).empty()) continue;
    there.containers.emplace(experiment, id);
    out.starts.push_back(
        {slot, id, order.content, order.order.deadline, is_preflight(order.order)});
    Start& start = out.starts.back();
    if (is_preflight(order.order)) {
      start.at_most = world.bounds.memory;
    } else if (takes_memory(order.order)) {
      start.at_most = left_of(world.bounds, there.taken);
      start.fills = fills_memory(order.order);
      take({.claim = claim_of(start.fills), .fills = start.fills}, there.taken);
    }
  }
}

}  // namespace

bool is_another(const OrderNow& order, std::uint64_t content,
                const std::optional<WallTime>& deadline) {
  return content != order.content || !lasts_long_enough(deadline, order.order.deadline);
}

bool is_wanted(const spec::NodeOrder& order) { return order.desired != spec::Desired::kStop; }

bool is_over(const spec::NodeOrder& order, WallTime now) {
  return order.deadline && *order.deadline <= now;
}

std::uint64_t content_of(const spec::NodeOrder& order) {
  return std::hash<std::string>()(spec::manifest_text(order.loads, "of-a-node") +
                                  (is_preflight(order) ? "preflight" : ""));
}

Taken taken_by(const std::vector<LoadNow>& loads) {
  Taken out;
  for (const LoadNow& load : loads) take(load, out);
  return out;
}

Actions reconcile(const World& world) {
  Actions out;
  There there;
  for (const LoadNow& load : world.loads) {
    there.containers.emplace(load.slot.experiment, load.container_id);
    if (load.preflight) ++there.preflights;
    take(load, there.taken);
    if (load.stopping) continue;
    if (const auto because = why_stop(world, load)) out.stops.push_back({load.number, *because});
  }
  for (const auto& [experiment, order] : world.orders) {
    if (!is_wanted(order.order) || is_over(order.order, world.server_now)) continue;
    if (order.order.deadline) earlier(out.again, *order.order.deadline - world.server_now);
    start_due(world, experiment, order, there, out);
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
  return why_not_yet(world, taken_by(world.loads), order, slot, running->second);
}

}  // namespace duress::agent
