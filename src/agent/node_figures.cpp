#include "agent/node.h"

namespace duress::agent {

std::vector<Reported> Node::reported() const {
  std::vector<Reported> out;
  for (const auto& [experiment, now] : orders_) {
    if (auto told = report(experiment))
      out.push_back({now.order.experiment_ns, now.order.experiment, std::move(*told)});
  }
  return out;
}

}  // namespace duress::agent
