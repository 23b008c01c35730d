// What users ask of an experiment's nodes beside its spec (spec/asked.h), passed on to its orders,
// and what follows from it for the experiment's own status. It gives and changes no order. Pure;
// any thread.
#pragma once

#include <string>
#include <vector>

#include "controller/experiment.h"
#include "controller/orders.h"

namespace duress::controller {

struct Passing {
  std::string order{};  // its name
  std::string uid{};    // of the object: another may have the same name by now
  spec::Asked asked{};
};
// What its orders do not have yet. What is over is left as it is.
[[nodiscard]] std::vector<Passing> passings(const ExperimentView& experiment, const OrderBook& book,
                                            WallTime now);
// The JSON patch (RFC 6902) of an order's annotations alone.
[[nodiscard]] Json passing_patch(const OrderView& view, const Passing& passing);

// Beyond this many targets a status does not tell all of each (status.h): nobody can look at it.
inline constexpr std::int64_t kMostWatchedTargets = kMostWhole;
[[nodiscard]] bool is_watched(const ExperimentView& experiment, WallTime now);

// As difference(), but of an experiment that is watched every number counts, once a second.
[[nodiscard]] Change change_to_tell(const Status& told, const Status& now, bool watched);

}  // namespace duress::controller
