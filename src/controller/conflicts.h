// Two experiments that both steer one metric of one container to a level would fight for ever: the
// one that came second is refused there. Loads that only add are no conflict, they sum. Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "controller/orders.h"

namespace duress::controller {

// Gives those of the targets that another experiment's orders hold already a refusal. Returns what
// to tell of it in a condition; empty: there is no conflict.
[[nodiscard]] std::string refuse_conflicts(const spec::Stressors& loads,
                                           const std::string& experiment_uid, const OrderBook& book,
                                           std::vector<Target>& targets);

}  // namespace duress::controller
