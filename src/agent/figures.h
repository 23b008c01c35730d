// What an agent measures, as figures for Prometheus: one sample a container that an experiment
// means, named by experiment, namespace, Pod and container. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "metrics/exposition.h"
#include "spec/node_stress.h"

namespace duress::agent {

struct Reported {
  std::string experiment_ns{};
  std::string experiment{};
  spec::NodeReport report{};
};

struct AgentState {
  std::string node{};
  std::size_t loads = 0;  // processes of loads that run now
  bool has_contact = true;
  std::vector<Reported> reported{};
};

[[nodiscard]] std::vector<metrics::Family> figures_of(const AgentState& state);

}  // namespace duress::agent
