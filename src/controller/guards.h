// Whether one of an experiment's guards has ended it, from what nodes report of its containers and
// from its Pods. It ends nothing. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/orders.h"

namespace duress::controller {

struct GuardLook {
  std::string ended{};             // by what; empty: by nothing
  std::optional<WallTime> next{};  // when a Pod that is not Ready would end it
};

// `experiment`: its UID. `created`: of it; a Pod may have been not Ready for long before.
[[nodiscard]] GuardLook look_at_guards(const spec::Guards& guards, const std::string& experiment,
                                       WallTime created, const OrderBook& book,
                                       const Inventory& inventory, WallTime now);

// Those of a node's own, which its agent heeds.
[[nodiscard]] spec::Guards guards_of_a_node(spec::Guards guards);

}  // namespace duress::controller
