#include "controller/decide.h"

#include <algorithm>

#include "base/hash.h"
#include "controller/conflicts.h"
#include "controller/guards.h"

namespace duress::controller {

namespace {

using spec::NodeOrder;

// Of Completed, where it is over for good and its status says so: whatever else knows of it may go.
const Condition* told_over(const ExperimentView& experiment, std::string_view reason) {
  const Condition* completed = condition_of(experiment.status, "Completed");
  return completed != nullptr && completed->reason == reason ? completed : nullptr;
}

// Agents remember a StopAll that no controller has seen.
bool is_stopped_for_all(const Situation& situation) {
  const ExperimentView& experiment = situation.experiment;
  return told_over(experiment, kStoppedForAll) != nullptr ||
         situation.stop_all.stops(experiment.created) ||
         std::ranges::any_of(situation.book, [&](const auto& one) {
           const OrderView& view = one.second;
           return view.experiment_uid == experiment.uid && view.report.stopped_for_all;
         });
}

struct Purpose {
  Will will = Will::kRun;
  GuardLook guards{};
};

Purpose purpose_of(const Situation& situation) {
  const ExperimentView& experiment = situation.experiment;
  if (experiment.deleting) return {Will::kDeleted};
  if (is_stopped_for_all(situation)) return {Will::kStopped};
  if (const Condition* told = told_over(experiment, kGuard))
    return {Will::kGuarded, {.ended = told->message}};
  if (!experiment.problem.empty()) return {Will::kInvalid};
  if (const auto deadline = experiment.deadline(); deadline && *deadline <= situation.now)
    return {Will::kTimeUp};
  if (experiment.paused()) return {Will::kPaused};
  if (experiment.preflight) return {Will::kRun};
  GuardLook look =
      look_at_guards(experiment.manifest.stressors.guards, experiment.uid, experiment.created,
                     situation.book, situation.inventory, situation.now);
  const Will will = look.ended.empty() ? Will::kRun : Will::kGuarded;
  return {will, std::move(look)};
}

// Pods that were drawn before: those of the orders, which know all of them; before there is one,
// those that the status tells.
std::set<std::string> drawn_pods(const Situation& situation) {
  std::set<std::string> out;
  for (const auto& [name, view] : situation.book) {
    if (view.experiment_uid != situation.experiment.uid) continue;
    for (const spec::ContainerOrder& container : view.order.containers)
      out.insert(container.ns + "/" + container.pod);
  }
  if (!out.empty()) return out;
  for (const Record& record : situation.experiment.status.records)
    out.insert(record.id.substr(0, record.id.rfind('/')));
  return out;
}

// Keys of the targets that nodes are ordered to stress.
std::set<std::string> running(const Situation& situation) {
  std::set<std::string> out;
  for (const auto& [name, view] : situation.book) {
    if (view.experiment_uid != situation.experiment.uid ||
        view.order.desired != spec::Desired::kRun)
      continue;
    for (const spec::ContainerOrder& container : view.order.containers)
      out.insert(container.ns + "/" + container.pod + "/" + container.container);
  }
  return out;
}

NodeOrder common_order(const ExperimentView& experiment) {
  NodeOrder out;
  out.experiment_ns = experiment.ns;
  out.experiment = experiment.name;
  out.experiment_uid = experiment.uid;
  out.created = experiment.created;
  out.deadline = experiment.deadline();
  out.again = experiment.manifest.again;
  out.desired = experiment.preflight ? spec::Desired::kPreflight : spec::Desired::kRun;
  out.loads = experiment.manifest.stressors;
  out.loads.guards = guards_of_a_node(out.loads.guards);
  return out;
}

void earlier(std::optional<WallTime>& wake, std::optional<WallTime> at) {
  if (at && (!wake || *at < *wake)) wake = at;
}

// When a node that stays silent is to be named.
void look_at_silence(const Situation& situation, Decision& out) {
  for (const auto& [name, view] : situation.book) {
    if (view.experiment_uid != situation.experiment.uid || is_answered(view)) continue;
    const WallTime named = view.ordered + kSilentAfter;
    if (named > situation.now) earlier(out.wake, named);
  }
}

// Of what is over, but there: its nodes are asked for recordings by its orders.
bool keeps_orders(Will will) {
  return will == Will::kTimeUp || will == Will::kStopped || will == Will::kGuarded;
}

// Until the status says why it is over, its orders do.
bool keeps_stopped(const ExperimentView& experiment, Will will) {
  if (will == Will::kStopped) return told_over(experiment, kStoppedForAll) == nullptr;
  if (will == Will::kGuarded) return told_over(experiment, kGuard) == nullptr;
  return will == Will::kPaused;
}

Decision::Finalizer finalizer_after(const ExperimentView& experiment, Will will,
                                    const OrderPlan& plan) {
  if (will == Will::kDeleted) {
    const bool goes = experiment.has_finalizer() && (plan.all_gone || experiment.forced);
    return goes ? Decision::Finalizer::kRemove : Decision::Finalizer::kKeep;
  }
  // A preflight leaves nothing behind that its end would have to wait for.
  if (experiment.preflight) return Decision::Finalizer::kKeep;
  const bool wanted = !experiment.has_finalizer() && (will != Will::kInvalid || !plan.all_gone);
  return wanted ? Decision::Finalizer::kAdd : Decision::Finalizer::kKeep;
}

struct Meant {
  Assignment assignment{};
  bool too_many = false;
  std::string conflict{};
};

Meant what_is_meant(const Situation& situation, Will will) {
  const ExperimentView& experiment = situation.experiment;
  Meant out;
  if (will != Will::kRun && will != Will::kPaused) return out;
  out.assignment = assign({.manifest = experiment.manifest,
                           .own_namespace = experiment.ns,
                           .inventory = situation.inventory,
                           .drawn = drawn_pods(situation),
                           // Of one experiment always the same draw.
                           .seed = stable_hash(experiment.uid),
                           .namespace_filter = situation.settings.namespace_filter,
                           .bounds = situation.settings.bounds});
  const std::string too_many =
      refuse_too_many(situation.settings.bounds, running(situation), out.assignment.targets);
  out.too_many = !too_many.empty();
  if (out.too_many) out.assignment.problem = too_many;
  out.conflict = refuse_conflicts(experiment.manifest.stressors, experiment.uid, situation.book,
                                  out.assignment.targets);
  return out;
}

}  // namespace

Decision decide(const Situation& situation) {
  const ExperimentView& experiment = situation.experiment;
  Decision out;
  const Purpose purpose = purpose_of(situation);
  const Will will = purpose.will;
  Meant meant = what_is_meant(situation, will);
  Assignment& assignment = meant.assignment;
  WantedOrders wanted;
  if (will == Will::kRun) wanted = wanted_orders(common_order(experiment), assignment.targets);
  if (wanted.left_out > 0 && !meant.too_many)
    assignment.problem = std::to_string(wanted.left_out) +
                         " containers are left out: a node takes " +
                         std::to_string(spec::kMostContainersOfANode) + " of one experiment";
  OrderPlan plan = plan_orders(
      experiment.uid, situation.book, wanted, situation.inventory,
      {.now = situation.now,
       .release_timeout = situation.settings.release_timeout,
       .keep_stopped = keeps_stopped(experiment, will),
       .kept_for = keeps_orders(will) ? situation.settings.recordings_kept : Duration(0),
       .at_once = will == Will::kDeleted && experiment.forced});
  out.finalizer = finalizer_after(experiment, will, plan);
  out.status = next_status({.experiment = experiment,
                            .book = situation.book,
                            .inventory = situation.inventory,
                            .will = will,
                            .targets = assignment.targets,
                            .problem = assignment.problem,
                            .too_many = meant.too_many,
                            .conflict = meant.conflict,
                            .guarded = purpose.guards.ended,
                            .all_released = plan.all_released,
                            .changes = plan.actions,
                            .now = situation.now});
  out.orders = std::move(plan.actions);
  out.passings = passings(experiment, situation.book, situation.now);
  out.watched = is_watched(experiment, situation.now);
  for (const std::string& node : plan.not_confirmed)
    out.notes.push_back({true, "ReleasedByDeadline",
                         "released by deadline, not confirmed: node " + node +
                             " did not answer within the release timeout"});
  out.wake = plan.wake;
  if (will == Will::kRun || will == Will::kPaused) earlier(out.wake, experiment.deadline());
  earlier(out.wake, purpose.guards.next);
  look_at_silence(situation, out);
  if (experiment.preflight && !experiment.deleting) {
    const WallTime removed = experiment.created + kPreflightLasts;
    out.remove = removed <= situation.now;
    if (!out.remove) earlier(out.wake, removed);
  }
  return out;
}

std::vector<std::string> finalizers_after(const ExperimentView& experiment,
                                          Decision::Finalizer what) {
  std::vector<std::string> out = experiment.finalizers;
  if (what == Decision::Finalizer::kAdd && !experiment.has_finalizer())
    out.emplace_back(kFinalizer);
  if (what == Decision::Finalizer::kRemove) std::erase(out, kFinalizer);
  return out;
}

std::vector<std::string> orphans(const OrderBook& book,
                                 const std::vector<std::string>& experiment_uids,
                                 const std::string& ns, WallTime now) {
  std::vector<std::string> out;
  for (const auto& [name, view] : book) {
    const bool in_scope = ns.empty() || view.order.experiment_ns == ns;
    const bool is_known =
        std::ranges::find(experiment_uids, view.experiment_uid) != experiment_uids.end();
    if (in_scope && !is_known && !view.busy && now - view.created >= kOrphanAfter)
      out.push_back(name);
  }
  return out;
}

}  // namespace duress::controller
