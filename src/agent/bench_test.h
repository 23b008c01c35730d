// A node for the tests of this folder, whose loads do what is decided.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "agent/reconcile.h"

namespace duress::agent::testing {

inline const WallTime kServerStart(std::chrono::seconds(1'790'000'000));

inline spec::ContainerOrder container(const std::string& pod, const std::string& id) {
  return {.ns = "shop", .pod = pod, .pod_uid = "u", .container = "app", .id = id};
}

inline spec::NodeOrder order_of(const std::string& experiment,
                                std::vector<spec::ContainerOrder> containers,
                                Bytes size = mib(50)) {
  spec::NodeOrder out;
  out.node = "n";
  out.experiment = "e";
  out.experiment_uid = experiment;
  out.loads.memory.emplace();
  out.loads.memory->size = size;
  out.loads.memory->size_given = true;
  out.containers = std::move(containers);
  return out;
}

// A node whose loads do what they are told.
struct Bench {
  std::map<std::string, OrderNow> orders;
  std::vector<LoadNow> loads;
  std::map<Slot, PastLoad> past;
  std::map<Slot, std::string> running;
  Instant now{};
  std::uint64_t numbers = 0;
  Bounds bounds{};

  [[nodiscard]] WallTime server() const { return kServerStart + now.time_since_epoch(); }
  void order(spec::NodeOrder order) {
    const std::string uid = order.experiment_uid;
    orders[uid] = {std::move(order), 0};
    orders[uid].content = content_of(orders[uid].order);
  }
  void run(const std::string& experiment, const std::string& pod, const std::string& id) {
    running[slot_of(experiment, container(pod, id))] = id;
  }
  [[nodiscard]] Actions decide() const {
    return reconcile({.orders = orders,
                      .loads = loads,
                      .past = past,
                      .running = running,
                      .now = now,
                      .server_now = server(),
                      .bounds = bounds});
  }
  Actions act() {
    Actions actions = decide();
    for (const Stop& stop : actions.stops) {
      for (LoadNow& load : loads) load.stopping = load.stopping || load.number == stop.number;
    }
    for (const Start& start : actions.starts) {
      loads.push_back({++numbers, start.slot, start.container_id, start.content, start.deadline,
                       false, start.preflight, claim_of(start.fills), start.fills});
    }
    return actions;
  }
  void end(std::size_t at, Fate fate, int deaths = 1) {
    const LoadNow load = loads[at];
    loads.erase(loads.begin() + static_cast<std::ptrdiff_t>(at));
    past[load.slot] = {load.container_id,
                       load.content,
                       load.deadline,
                       load.stopping ? Fate::kStopped : fate,
                       now,
                       deaths};
  }
};

}  // namespace duress::agent::testing
