#include "controller/orders.h"

#include <algorithm>

#include "base/wall_time.h"
#include "spec/manifest_text.h"

namespace duress::controller {

namespace {

using kube::text_at;
using spec::ContainerOrder;
using spec::NodeOrder;

std::string key_of(const ContainerOrder& container) {
  return container.ns + "/" + container.pod + "/" + container.container;
}

// With `restart: end` the first container of a Pod's name is the only one: its ID stays, so that
// the agent knows a later one for a restarted one.
void keep_first_ids(NodeOrder& wanted, const NodeOrder& before) {
  for (ContainerOrder& container : wanted.containers) {
    for (const ContainerOrder& old : before.containers) {
      if (key_of(old) == key_of(container) && old.pod_uid == container.pod_uid && !old.id.empty())
        container.id = old.id;
    }
  }
}

// Times are written in whole seconds.
std::optional<WallTime> whole(std::optional<WallTime> time) {
  return time ? std::optional<WallTime>(std::chrono::floor<std::chrono::seconds>(*time)) : time;
}

bool is_same(const OrderView& view, const NodeOrder& wanted, const std::string& loads) {
  const NodeOrder& order = view.order;
  return view.readable && order.desired == wanted.desired && order.again == wanted.again &&
         order.experiment == wanted.experiment && order.experiment_ns == wanted.experiment_ns &&
         whole(order.created) == whole(wanted.created) &&
         whole(order.deadline) == whole(wanted.deadline) && view.loads == loads &&
         order.containers == wanted.containers;
}

std::string text_of(const spec::Stressors& loads) {
  return spec::manifest_text(loads, "of-a-node");
}

class Planner final {
 public:
  Planner(const WantedOrders& wanted, const Inventory& inventory, const OrderRules& rules)
      : wanted_(wanted), inventory_(inventory), rules_(rules) {}

  void existing(const OrderView& view) {
    plan_.all_gone = false;
    const std::string& node = view.order.node;
    if (rules_.at_once) return remove(view);
    // What was on a node that is gone is gone too.
    if (!inventory_.nodes.contains(node)) return remove(view);
    if (const auto found = wanted_.by_node.find(node); found != wanted_.by_node.end())
      return run(view, found->second);
    stop(view);
  }

  void missing(const NodeOrder& wanted) {
    plan_.all_gone = false;
    plan_.all_released = false;
    plan_.actions.push_back({OrderAction::What::kCreate,
                             spec::node_stress_name(wanted.experiment_uid, wanted.node), wanted,
                             std::nullopt});
  }

  OrderPlan take() { return std::move(plan_); }

 private:
  void run(const OrderView& view, NodeOrder wanted) {
    plan_.all_released = false;
    if (view.busy) return;
    if (!wanted.again) keep_first_ids(wanted, view.order);
    if (is_same(view, wanted, wanted_.loads)) return;
    plan_.actions.push_back(
        {OrderAction::What::kPatch, view.name, std::move(wanted), std::nullopt});
  }

  void stop(const OrderView& view) {
    if (view.busy) {
      plan_.all_released = false;
      return;
    }
    // No agent can read it either: that it is gone is what they all understand.
    if (!view.readable) return remove(view);
    // Nothing was put on, so there is nothing to wait for.
    if (view.order.desired == spec::Desired::kPreflight) return remove(view);
    if (view.order.desired == spec::Desired::kRun) {
      plan_.all_released = false;
      NodeOrder order = view.order;
      order.desired = spec::Desired::kStop;
      plan_.actions.push_back({OrderAction::What::kPatch, view.name, std::move(order), rules_.now});
      return;
    }
    const WallTime stopped = view.stopped.value_or(view.ordered);
    if (has_released(view)) {
      if (!rules_.keep_stopped && !waits(stopped + rules_.kept_for)) remove(view);
      return;
    }
    if (waits(stopped + rules_.release_timeout)) {
      plan_.all_released = false;
      return;
    }
    plan_.not_confirmed.push_back(view.order.node);
    remove(view);
  }

  bool waits(WallTime until) {
    if (rules_.now >= until) return false;
    if (!plan_.wake || until < *plan_.wake) plan_.wake = until;
    return true;
  }

  void remove(const OrderView& view) {
    if (!view.busy)
      plan_.actions.push_back({OrderAction::What::kDelete, view.name, view.order, std::nullopt});
  }

  const WantedOrders& wanted_;
  const Inventory& inventory_;
  const OrderRules& rules_;
  OrderPlan plan_;
};

}  // namespace

OrderView order_view(const Json& node_stress) {
  OrderView out;
  out.name = text_at(node_stress, "/metadata/name");
  out.uid = text_at(node_stress, "/metadata/uid");
  out.version = static_cast<std::uint64_t>(
      parse_integer(text_at(node_stress, "/metadata/resourceVersion")).value_or(0));
  out.generation = kube::number_at(node_stress, "/metadata/generation").value_or(0);
  out.created =
      parse_time(text_at(node_stress, "/metadata/creationTimestamp")).value_or(WallTime{});
  out.experiment_uid = text_at(node_stress, "/metadata/labels/duress.dev~1experiment-uid");
  out.stopped = parse_time(text_at(node_stress, "/metadata/annotations/duress.dev~1stopped-at"));
  out.asked = spec::read_asked(node_stress);
  static const Json kNothing = Json::object();
  const Json* spec = kube::find(node_stress, "/spec");
  if (auto order = spec::read_order(spec == nullptr ? kNothing : *spec)) {
    out.order = std::move(*order);
    out.loads = text_of(out.order.loads);
  } else {
    out.readable = false;
    out.order.node = text_at(node_stress, "/spec/nodeName");
    out.order.experiment_uid = out.experiment_uid;
  }
  if (const Json* status = kube::find(node_stress, "/status"))
    out.report = spec::read_report(*status);
  out.ordered = out.created;
  return out;
}

bool is_answered(const OrderView& view) {
  return !view.busy && view.report.observed_generation >= view.generation;
}

bool has_released(const OrderView& view) {
  return is_answered(view) && view.order.desired != spec::Desired::kRun && view.report.released;
}

void give(OrderView& view, const OrderAction& action, WallTime now) {
  view.name = action.name;
  view.experiment_uid = action.order.experiment_uid;
  view.order = action.order;
  view.loads = text_of(action.order.loads);
  view.readable = true;
  view.stopped = action.stopped;
  view.ordered = now;
}

WantedOrders wanted_orders(const NodeOrder& common, const std::vector<Target>& targets) {
  WantedOrders out;
  out.loads = text_of(common.loads);
  for (const Target& target : targets) {
    if (!target.refusal.empty()) continue;
    const auto [at, is_new] = out.by_node.try_emplace(target.node, common);
    NodeOrder& order = at->second;
    if (is_new) order.node = target.node;
    if (order.containers.size() >= spec::kMostContainersOfANode) {
      out.left_out += 1;
      continue;
    }
    order.containers.push_back(
        {target.ns, target.pod, target.pod_uid, target.container, target.id});
  }
  return out;
}

OrderPlan plan_orders(const std::string& experiment_uid, const OrderBook& book,
                      const WantedOrders& wanted, const Inventory& inventory,
                      const OrderRules& rules) {
  Planner planner(wanted, inventory, rules);
  for (const auto& [name, view] : book)
    if (view.experiment_uid == experiment_uid) planner.existing(view);
  for (const auto& [node, order] : wanted.by_node)
    if (!book.contains(spec::node_stress_name(experiment_uid, node))) planner.missing(order);
  return planner.take();
}

Json annotations_of(std::optional<WallTime> stopped, const spec::Asked& asked) {
  Json out = spec::asked_json(asked);
  if (stopped) out[std::string(kStoppedAt)] = format_time(*stopped);
  return out;
}

Json order_patch(const OrderView& view, const OrderAction& action) {
  // Another object may have the same name by now.
  return Json::array(
      {{{"op", "test"}, {"path", "/metadata/uid"}, {"value", view.uid}},
       {{"op", "add"},
        {"path", "/metadata/annotations"},
        {"value", annotations_of(action.stopped, view.asked)}},
       {{"op", "replace"}, {"path", "/spec"}, {"value", spec::order_json(action.order)}}});
}

Json order_object(const OrderAction& action) { return spec::node_stress_object(action.order); }

}  // namespace duress::controller
