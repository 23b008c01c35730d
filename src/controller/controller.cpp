#include "controller/controller.h"

#include <malloc.h>

#include <algorithm>

#include "base/wall_time.h"

namespace duress::controller {

namespace {

using kube::Place;
using kube::WatchOptions;

// A change of a Pod seldom comes alone.
constexpr auto kSoon = std::chrono::milliseconds(3);
constexpr auto kNow = Duration{0};

// What of a list is in memory at once: a Pod is 10 KB of JSON, and more of it as a tree.
constexpr int kPageOfPods = 25;

bool may_mean(const ExperimentView& experiment, const std::string& ns) {
  const spec::Selector& selector = experiment.manifest.selection.selector;
  if (!selector.pods.empty()) return selector.pods.contains(ns);
  if (selector.namespaces.empty()) return experiment.ns == ns;
  return std::ranges::find(selector.namespaces, ns) != selector.namespaces.end();
}

}  // namespace

Controller::Controller(kube::Client& client, ControllerOptions options)
    : client_(client),
      options_(std::move(options)),
      events_(client, "duress-controller", options_.identity),
      orders_(client, book_,
              {.now = [this] { return office_.now(); },
               .on_written = [this](const std::string& uid) { order_written(uid); },
               .on_seen = [this](const std::string& uid) { order_seen(uid); },
               .on_trouble = [this](const kube::ApiError& error) { trouble(error); }}),
      recordings_(client, options_.ns, options_.settings.recordings_kept,
                  {.now = [this] { return office_.now(); },
                   .on_trouble = [this](const kube::ApiError& error) { trouble(error); }}),
      office_{.client = client,
              .events = events_,
              .book = book_,
              .orders = orders_,
              .inventory = inventory_,
              .settings = options_.settings,
              .stop_all = stop_all_,
              .clock = clock_,
              .on_trouble = [this](const kube::ApiError& error) { trouble(error); },
              .on_recordings = [this] { recordings_.asked(); }} {
  watch(kube::stress_chaos(), {},
        [this](Change change, const Json& object) { experiment_changed(change, object); });
  watch(kube::node_stresses(), {}, [this](Change change, const Json& object) {
    if (change == Change::kDeleted)
      orders_.gone(object);
    else
      orders_.saw(object);
  });
  watch(kube::stop_alls(), {}, [this](Change change, const Json& object) {
    if (change == Change::kDeleted) return;
    if (stop_all_.saw(parse_time(kube::text_at(object, "/metadata/creationTimestamp"))))
      mark_all(kNow);
  });
  watch(kube::nodes(), {.page_size = 50},
        [this](Change change, const Json& object) { node_changed(change, object); });
  watch(kube::pods(), {.page_size = kPageOfPods},
        [this](Change change, const Json& object) { pod_changed(change, object); });
  if (options_.settings.namespace_filter)
    watch(kube::namespaces(), {},
          [this](Change change, const Json& object) { namespace_changed(change, object); });
  if (!options_.agents.empty()) {
    inventory_.agents.emplace(options_.lease.ns, options_.agents);
    watch(Place{kube::pods(), options_.lease.ns, "", ""},
          {.label_selector = options_.agents, .page_size = kPageOfPods},
          [this](Change change, const Json& object) { agent_changed(change, object); });
  }
  leader_ = std::make_unique<kube::Leader>(
      client_, options_.lease, options_.identity, options_.election,
      kube::LeaderCalls{.on_leading = [this] { began(); },
                        .on_lost = [this] { lost(); },
                        .on_trouble = [this](const kube::ApiError& error) { trouble(error); }});
}

void Controller::watch(kube::Resource resource, WatchOptions options, OnChange on_change) {
  Place place{std::move(resource), "", "", ""};
  if (place.resource.is_namespaced) place.ns = options_.ns;
  watch(std::move(place), std::move(options), std::move(on_change));
}

void Controller::watch(Place place, WatchOptions options, OnChange on_change) {
  watches_.push_back(std::make_unique<kube::Watch>(
      client_, std::move(place), std::move(options),
      kube::WatchCalls{.on_change = std::move(on_change),
                       .on_synced = [this] { synced(); },
                       .on_trouble = [this](const kube::ApiError& error) { trouble(error); }}));
}

bool Controller::is_synced() const {
  return std::ranges::all_of(watches_, [](const auto& watch) { return watch->is_synced(); });
}

ControllerState Controller::state() const {
  ControllerState out{.replica = options_.identity, .leads = leads(), .knows_all = is_synced()};
  for (const auto& [key, desk] : desks_) {
    const Status& status = desk->view().status;
    ++out.by_phase[status.phase.empty() ? "Pending" : status.phase];
    out.targets += status.targets;
    out.injected += status.injected;
  }
  return out;
}

void Controller::experiment_changed(Change change, const Json& object) {
  const std::string key = key_of(object);
  if (change == Change::kDeleted) {
    const std::string uid = kube::text_at(object, "/metadata/uid");
    if (const auto desk = desks_.find(key); desk != desks_.end()) desk->second->gone();
    desks_.erase(key);
    keys_.erase(uid);
    // Its finalizer was taken away, or it never had one.
    if (works_) remove_orders_of(uid);
    return;
  }
  ExperimentView view = experiment_view(object);
  const auto found = desks_.find(key);
  if (found != desks_.end() && found->second->view().uid == view.uid) {
    found->second->saw(std::move(view), works_);
  } else {
    keys_[view.uid] = key;
    desks_[key] = std::make_unique<ExperimentDesk>(office_, std::move(view));
  }
  mark(key, kNow);
}

void Controller::pod_changed(Change change, const Json& object) {
  const std::string key = key_of(object);
  if (change == Change::kDeleted) {
    if (inventory_.pods.erase(key) == 0) return;
  } else {
    PodView view = pod_view(object);
    PodView& known = inventory_.pods[key];
    if (known == view) return;
    known = std::move(view);
  }
  mark_namespace(kube::text_at(object, "/metadata/namespace"));
}

void Controller::node_changed(Change change, const Json& object) {
  const std::string name = kube::text_at(object, "/metadata/name");
  if (change == Change::kDeleted) {
    if (inventory_.nodes.erase(name) == 0) return;
  } else {
    NodeView view = node_view(object);
    const auto [at, is_new] = inventory_.nodes.try_emplace(name);
    if (!is_new && at->second == view) return;
    at->second = std::move(view);
  }
  mark_all(kSoon);
}

void Controller::namespace_changed(Change change, const Json& object) {
  const std::string name = kube::text_at(object, "/metadata/name");
  const bool opens = change != Change::kDeleted && is_open(object);
  const bool changed = opens ? inventory_.open_namespaces.insert(name).second
                             : inventory_.open_namespaces.erase(name) > 0;
  if (changed) mark_namespace(name);
}

void Controller::agent_changed(Change change, const Json& object) {
  AgentPods& agents = *inventory_.agents;
  const std::string node = change == Change::kDeleted ? agents.gone(object) : agents.saw(object);
  if (node.empty()) return;
  for (const auto& [name, view] : book_)
    if (view.order.node == node) mark_uid(view.experiment_uid, kNow);
}

void Controller::order_written(const std::string& experiment_uid) {
  mark_conflicts();
  if (!keys_.contains(experiment_uid)) return remove_orders_of(experiment_uid);
  mark_uid(experiment_uid, kNow);
}

void Controller::order_seen(const std::string& experiment_uid) {
  mark_conflicts();
  mark_uid(experiment_uid, kNow);
}

void Controller::remove_orders_of(const std::string& experiment_uid) {
  if (!works_) return;
  std::vector<OrderAction> actions;
  for (const auto& [name, view] : book_)
    if (view.experiment_uid == experiment_uid && !view.busy)
      actions.push_back({OrderAction::What::kDelete, name, view.order, std::nullopt});
  for (const OrderAction& action : actions) orders_.carry(action);
}

void Controller::mark(const std::string& key, Duration within) {
  if (!works_) return;
  const Instant at = client_.reactor().now() + within;
  marked_.insert(key);
  if (look_timer_ && look_at_ <= at) return;
  look_at_ = at;
  look_timer_ = client_.reactor().at(at, [this] {
    look_timer_.reset();
    look();
  });
}

void Controller::mark_all(Duration within) {
  for (const auto& [key, desk] : desks_) mark(key, within);
}

void Controller::mark_namespace(const std::string& ns) {
  for (const auto& [key, desk] : desks_)
    if (may_mean(desk->view(), ns)) mark(key, kSoon);
}

void Controller::mark_uid(const std::string& experiment_uid, Duration within) {
  if (const auto found = keys_.find(experiment_uid); found != keys_.end())
    mark(found->second, within);
}

// Who was refused something may get it now.
void Controller::mark_conflicts() {
  for (const auto& [key, desk] : desks_)
    if (desk->has_conflict()) mark(key, kSoon);
}

void Controller::look() {
  const std::set<std::string> marked = std::exchange(marked_, {});
  for (const std::string& key : marked) {
    if (!works_) return;
    if (const auto found = desks_.find(key); found != desks_.end()) found->second->work();
  }
}

void Controller::synced() {
  // Pages of lists come as trees of many small pieces.
  ::malloc_trim(0);
  began();
}

void Controller::began() {
  if (works_ || !leads() || !is_synced()) return;
  works_ = true;
  tell("leads, with " + std::to_string(desks_.size()) + " experiments and " +
       std::to_string(inventory_.pods.size()) + " Pods");
  mark_all(kNow);
  sweep();
  recordings_.begin();
}

void Controller::lost() {
  if (!std::exchange(works_, false)) return;
  tell("does not lead any more");
  marked_.clear();
  look_timer_.reset();
  sweep_timer_.reset();
  recordings_.rest();
  for (const auto& [key, desk] : desks_) desk->rest();
}

void Controller::sweep() {
  std::vector<std::string> uids;
  for (const auto& [uid, key] : keys_) uids.push_back(uid);
  for (const std::string& name : orphans(book_, uids, options_.ns, office_.now())) {
    tell("removes " + name + ": its experiment is gone");
    orders_.carry({OrderAction::What::kDelete, name, book_.at(name).order, std::nullopt});
  }
  // What was too young at the start is not left for an hour.
  const bool some_left = std::ranges::any_of(
      book_, [&](const auto& one) { return !keys_.contains(one.second.experiment_uid); });
  const Duration next = some_left ? Duration(kOrphanAfter) : Duration(kSweepEvery);
  sweep_timer_ = client_.reactor().after(next, [this] { sweep(); });
}

void Controller::stop(std::function<void()> done) {
  watches_.clear();
  recordings_.rest();
  leader_->release(std::move(done));
}

// The same one is told once, however often it comes.
void Controller::trouble(const kube::ApiError& error) {
  if (std::exchange(last_trouble_, error.message) != error.message) tell(error.message);
}

void Controller::tell(const std::string& line) const {
  if (options_.tell) options_.tell(line);
}

}  // namespace duress::controller
