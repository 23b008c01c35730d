#include "controller/conflicts.h"

#include <map>

namespace duress::controller {

namespace {

bool reaches_memory(const spec::Stressors& loads) {
  return loads.memory && loads.memory->mode == spec::Mode::kReach;
}
bool reaches_cpu(const spec::Stressors& loads) {
  return loads.cpu && loads.cpu->mode == spec::Mode::kReach;
}

// What both steer; empty: nothing.
std::string common_metric(const spec::Stressors& a, const spec::Stressors& b) {
  if (reaches_memory(a) && reaches_memory(b) && a.memory->metric == b.memory->metric)
    return "memory";
  return reaches_cpu(a) && reaches_cpu(b) ? "cpu" : "";
}

struct Holder {
  std::string experiment;  // "namespace/name"
  std::string metric;
};

}  // namespace

std::string refuse_conflicts(const spec::Stressors& loads, const std::string& experiment_uid,
                             const OrderBook& book, std::vector<Target>& targets) {
  if (!reaches_memory(loads) && !reaches_cpu(loads)) return "";
  std::map<std::string, Holder> held;
  for (const auto& [name, view] : book) {
    // A preflight holds nothing.
    if (view.experiment_uid == experiment_uid || view.order.desired == spec::Desired::kPreflight ||
        has_released(view))
      continue;
    const std::string metric = common_metric(loads, view.order.loads);
    if (metric.empty()) continue;
    for (const spec::ContainerOrder& container : view.order.containers)
      held[container.ns + "/" + container.pod + "/" + container.container] = {
          view.order.experiment_ns + "/" + view.order.experiment, metric};
  }
  std::string out;
  for (Target& target : targets) {
    const auto found = held.find(target.key());
    if (found == held.end() || !target.refusal.empty()) continue;
    target.refusal = "StressChaos " + found->second.experiment + " already brings its " +
                     found->second.metric +
                     " to a level (mode: reach): delete or pause that one, or use mode: add";
    if (out.empty()) out = target.key() + ": " + target.refusal;
  }
  return out;
}

}  // namespace duress::controller
