// A small cluster for the tests of this folder, whose agents answer when they are told to.
#pragma once

#include <string>

#include "controller/decide.h"
#include "controller/objects_test.h"

namespace duress::controller::testing {

// A small cluster: it carries out what is decided, and its agents answer when they are told to.
class World final {
 public:
  explicit World(Inventory inventory_now, const Json& experiment = experiment_json())
      : inventory(std::move(inventory_now)), view(experiment_view(experiment)) {}

  Decision look() {
    Decision decision = decide({.experiment = view,
                                .book = book,
                                .inventory = inventory,
                                .settings = settings,
                                .stop_all = stop_all,
                                .now = now});
    for (const OrderAction& action : decision.orders) carry(action);
    view.status = decision.status;
    if (decision.finalizer != Decision::Finalizer::kKeep)
      view.finalizers = finalizers_after(view, decision.finalizer);
    return decision;
  }

  // Every agent does what it is told.
  void answer() {
    for (auto& [name, order] : book) answer(order);
  }
  void answer(const std::string& node) {
    for (auto& [name, order] : book)
      if (order.order.node == node) answer(order);
  }

  [[nodiscard]] const OrderView* order_on(const std::string& node) const {
    const auto found = book.find(spec::node_stress_name(view.uid, node));
    return found == book.end() ? nullptr : &found->second;
  }

  // "a b": the Pods that run orders name.
  [[nodiscard]] std::string stressed() const {
    std::string out;
    for (const auto& [name, order] : book) {
      if (order.order.desired != spec::Desired::kRun) continue;
      for (const spec::ContainerOrder& container : order.order.containers)
        out += (out.empty() ? "" : " ") + container.pod;
    }
    return out;
  }

  Inventory inventory;
  ExperimentView view;
  OrderBook book{};
  Settings settings{};
  spec::StopAll stop_all{};
  WallTime now = kStart;

 private:
  void carry(const OrderAction& action) {
    if (action.what == OrderAction::What::kDelete) {
      book.erase(action.name);
      return;
    }
    OrderView& order = book[action.name];
    give(order, action, now);
    order.uid = "of-" + action.name;
    order.generation += 1;
    if (action.what == OrderAction::What::kCreate) order.created = now;
  }

  void answer(OrderView& order) const {
    order.report = {.observed_generation = order.generation,
                    .released = order.order.desired != spec::Desired::kRun};
    if (order.order.desired != spec::Desired::kRun) return;
    for (const spec::ContainerOrder& container : order.order.containers) {
      spec::ContainerReport report;
      report.ns = container.ns;
      report.pod = container.pod;
      report.container = container.container;
      report.id = container.id;
      report.injection = spec::Injection::kInjected;
      report.since = now;
      report.times = 1;
      report.held = mib(50);
      order.report.containers.push_back(report);
    }
  }
};

}  // namespace duress::controller::testing
