// Pods, nodes, experiments and what agents answer, for the tests of this folder: made short, as the
// API server would hand them out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/wall_time.h"
#include "controller/decide.h"

namespace duress::controller::testing {

inline const WallTime kStart = parse_time("2026-11-25T12:00:00Z").value();

inline WallTime after(int seconds) { return kStart + std::chrono::seconds(seconds); }

struct PodSpec {
  std::string name{};
  std::string node = "n1";
  std::string ns = "shop";
  std::string uid{};  // empty: "uid-" and the name
  std::string id = "c0";
  bool running = true;
  bool terminating = false;
};

inline Json pod_json(const PodSpec& pod) {
  Json container{{"name", "main"}};
  if (!pod.id.empty()) container["containerID"] = "containerd://" + pod.id;
  container["state"][pod.running ? "running" : "waiting"] = Json::object();
  Json out{
      {"metadata",
       {{"name", pod.name},
        {"namespace", pod.ns},
        {"uid", pod.uid.empty() ? "uid-" + pod.name : pod.uid},
        {"labels", {{"app", "web"}}}}},
      {"spec",
       {{"nodeName", pod.node}, {"restartPolicy", "Always"}, {"containers", {{{"name", "main"}}}}}},
      {"status", {{"phase", "Running"}, {"containerStatuses", {container}}}}};
  if (pod.terminating) out["metadata"]["deletionTimestamp"] = format_time(kStart);
  return out;
}

inline void put(Inventory& inventory, const PodSpec& pod) {
  const Json json = pod_json(pod);
  inventory.pods[key_of(json)] = pod_view(json);
}

inline Inventory inventory_of(const std::vector<PodSpec>& pods,
                              const std::vector<std::string>& nodes = {"n1", "n2"}) {
  Inventory out;
  for (const std::string& node : nodes)
    out.nodes[node] = {.labels = {{"kubernetes.io/os", "linux"}, {"zone", "zone-" + node}}};
  for (const PodSpec& pod : pods) put(out, pod);
  return out;
}

// Of the namespace shop, with the article's load, for an hour, made at kStart.
inline Json experiment_json(const Json& spec = Json::object()) {
  Json out{{"metadata",
            {{"name", "mem"},
             {"namespace", "shop"},
             {"uid", "e1"},
             {"generation", 1},
             {"resourceVersion", "7"},
             {"creationTimestamp", format_time(kStart)},
             {"finalizers", {"chaos-mesh/records"}}}},
           {"spec",
            {{"mode", "all"},
             {"selector", {{"namespaces", {"shop"}}}},
             {"stressors", {{"memory", {{"workers", 4}, {"size", "50MiB"}}}}},
             {"duration", "1h"}}}};
  if (spec.is_object()) out["spec"].merge_patch(spec);
  return out;
}

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
      if (!order.order.run) continue;
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
    order.report = {.observed_generation = order.generation, .released = !order.order.run};
    if (!order.order.run) return;
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
