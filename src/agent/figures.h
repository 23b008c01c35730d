// What an agent measures, as figures for Prometheus: one sample a container that an experiment
// means, named by experiment, namespace, Pod and container. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "agent/bounds.h"
#include "agent/report.h"
#include "metrics/exposition.h"

namespace duress::agent {

struct ReportedContainer {
  spec::ContainerReport report{};
  Metered metered{};
};

struct Reported {
  std::string experiment_ns{};
  std::string experiment{};
  std::vector<ReportedContainer> containers{};
};

struct AgentState {
  std::string node{};
  std::size_t loads = 0;  // processes of loads that run now
  bool has_contact = true;
  Bounds bounds{};
  Taken taken{};  // of them
  std::vector<Reported> reported{};
};

[[nodiscard]] std::vector<metrics::Family> figures_of(const AgentState& state);

}  // namespace duress::agent
