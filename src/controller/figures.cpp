#include "controller/figures.h"

namespace duress::controller {

using metrics::Family;
using metrics::Type;

std::vector<Family> figures_of(const ControllerState& state) {
  Family phases{"duress_experiments", "experiments there are", Type::kGauge, {}};
  for (const auto& [phase, count] : state.by_phase)
    phases.samples.push_back({{{"phase", phase}}, static_cast<double>(count)});
  std::vector<Family> out = {{"duress_controller_leads",
                              "1 while this replica works, 0 while it stands by",
                              Type::kGauge,
                              {{{{"replica", state.replica}}, state.leads ? 1.0 : 0.0}}}};
  // One that stands by knows them too: told once, by the one that leads.
  if (!state.leads) return out;
  out.push_back(std::move(phases));
  out.push_back({"duress_targets",
                 "containers that experiments mean now",
                 Type::kGauge,
                 {{{}, static_cast<double>(state.targets)}}});
  out.push_back({"duress_targets_injected",
                 "of those, how many have the stress",
                 Type::kGauge,
                 {{{}, static_cast<double>(state.injected)}}});
  return out;
}

}  // namespace duress::controller
