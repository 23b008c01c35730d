// What each node is ordered to do for an experiment: targets become one NodeStress a node, which is
// held against those that there are. Releasing is an order too, and an order is removed only when
// its node has released, is gone, or has not answered for the release timeout. It writes nothing.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "controller/assign.h"
#include "spec/asked.h"
#include "spec/node_stress.h"

namespace duress::controller {

// When an order to stop was given, by the API server's clock: an annotation, so that the release
// timeout outlives a controller.
inline constexpr std::string_view kStoppedAt = "duress.dev/stopped-at";

// A NodeStress as it is known: as it was read, or as we wrote it last.
struct OrderView {
  std::string name{};
  std::string uid{};
  std::uint64_t version = 0;  // metadata.resourceVersion
  std::int64_t generation = 0;
  WallTime created{};
  std::string experiment_uid{};  // of its label
  spec::NodeOrder order{};
  std::string loads{};   // of the order, as text to compare
  bool readable = true;  // its spec can be read; else it is written anew
  spec::NodeReport report{};
  std::optional<WallTime> stopped{};
  spec::Asked asked{};  // as it was passed on
  WallTime ordered{};   // when the present generation was first seen
  bool busy = false;    // a write is on its way, or it is not known what came of it
};
[[nodiscard]] OrderView order_view(const Json& node_stress);

// By name.
using OrderBook = std::map<std::string, OrderView>;

// Its node has nothing of it any more, and says so.
[[nodiscard]] bool has_released(const OrderView& view);
// Its node has seen the present generation.
[[nodiscard]] bool is_answered(const OrderView& view);

struct OrderAction {
  enum class What { kCreate, kPatch, kDelete };
  What what = What::kCreate;
  std::string name{};
  spec::NodeOrder order{};
  std::optional<WallTime> stopped{};
};

// The view of an order that is being sent: what counts from now on.
void give(OrderView& view, const OrderAction& action, WallTime now);

struct WantedOrders {
  std::map<std::string, spec::NodeOrder> by_node{};
  std::string loads{};       // of all of them, as OrderView has them
  std::size_t left_out = 0;  // containers beyond what a node's order may hold
};
// `common` is all but node and containers. Targets with a refusal are left out.
[[nodiscard]] WantedOrders wanted_orders(const spec::NodeOrder& common,
                                         const std::vector<Target>& targets);

struct OrderRules {
  WallTime now{};  // by the API server's clock
  Duration release_timeout{};
  bool keep_stopped = false;  // what has been released is not removed
  Duration kept_for{0};  // else so long after the order to stop: its recordings may be asked for
  bool at_once = false;  // remove without asking: the finalizer is forced away
};

struct OrderPlan {
  std::vector<OrderAction> actions{};
  std::vector<std::string> not_confirmed{};  // nodes whose orders are removed without an answer
  bool all_gone = true;                      // there is none of it any more
  bool all_released = true;
  std::optional<WallTime> wake{};  // when the plan has to be looked at again
};

// `book` has the orders of this experiment among others'. What is not in `wanted` is stopped.
[[nodiscard]] OrderPlan plan_orders(const std::string& experiment_uid, const OrderBook& book,
                                    const WantedOrders& wanted, const Inventory& inventory,
                                    const OrderRules& rules);

// The JSON patch (RFC 6902) that gives an order that is there already.
[[nodiscard]] Json order_patch(const OrderView& view, const OrderAction& action);
// An order's annotations, all that it has.
[[nodiscard]] Json annotations_of(std::optional<WallTime> stopped, const spec::Asked& asked);
// The object to create.
[[nodiscard]] Json order_object(const OrderAction& action);

}  // namespace duress::controller
