// What the controller knows of all experiments, as figures for Prometheus. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "metrics/exposition.h"

namespace duress::controller {

struct ControllerState {
  std::string replica{};
  bool leads = false;
  bool knows_all = false;                 // every watch is complete
  std::map<std::string, int> by_phase{};  // experiments
  std::int64_t targets = 0;
  std::int64_t injected = 0;
};

[[nodiscard]] std::vector<metrics::Family> figures_of(const ControllerState& state);

}  // namespace duress::controller
