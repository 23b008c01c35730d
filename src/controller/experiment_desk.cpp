#include "controller/experiment_desk.h"

#include <algorithm>

namespace duress::controller {

namespace {

using kube::Answer;
using kube::Reason;

constexpr std::string_view kManager = "duress-controller";

// A write of an experiment costs the API server as much as an order, and on a small machine holds
// up those that the stress waits for.
constexpr auto kOrdersFirst = std::chrono::milliseconds(40);

std::uint64_t number_of(const std::string& version) {
  return static_cast<std::uint64_t>(parse_integer(version).value_or(0));
}

}  // namespace

WallTime Office::now() const {
  const Instant at = client.reactor().now();
  if (const auto heard = client.http().server_time()) clock.heard(heard->told, heard->heard);
  return clock.now(at).value_or(client.reactor().clock().wall());
}

kube::BackoffPolicy ExperimentDesk::retries() {
  return {.first = std::chrono::milliseconds(20), .most = std::chrono::seconds(30)};
}

kube::Place ExperimentDesk::place(const std::string& subresource) const {
  return {kube::stress_chaos(), view_.ns, view_.name, subresource};
}

void ExperimentDesk::saw(ExperimentView view, bool is_ours) {
  if (view.uid == view_.uid && number_of(view.version) <= number_of(view_.version)) return;
  if (is_ours) view.status = std::move(view_.status);
  view_ = std::move(view);
}

void ExperimentDesk::rest() {
  wake_.reset();
  retry_.reset();
}

void ExperimentDesk::note(const Note& note) {
  office_.events.note({.target = {.api_version = "chaos-mesh.org/v1alpha1",
                                  .kind = "StressChaos",
                                  .ns = view_.ns,
                                  .name = view_.name,
                                  .uid = view_.uid},
                       .is_warning = note.is_warning,
                       .reason = note.reason,
                       .message = note.message});
}

void ExperimentDesk::work() {
  const WallTime now = office_.now();
  const Decision decision = decide({.experiment = view_,
                                    .book = office_.book,
                                    .inventory = office_.inventory,
                                    .settings = office_.settings,
                                    .stop_all = office_.stop_all,
                                    .now = now});
  for (const Note& one : decision.notes) note(one);
  for (const OrderAction& action : decision.orders) office_.orders.carry(action);
  for (const Passing& one : decision.passings) {
    office_.orders.pass_on(one);
    if (one.asked.recordings) office_.on_recordings();
  }
  const Instant at = office_.client.reactor().now();
  if (!decision.orders.empty()) orders_first_ = at + kOrdersFirst;
  wake_.reset();
  if (decision.wake)
    if (const auto wakes = office_.clock.when(*decision.wake)) again_at(*wakes);
  if (write_.is_pending() || retry_) return;
  if (waits_for_nodes(at)) return again_at(orders_first_);
  if (decision.remove) return remove();
  if (decision.finalizer != Decision::Finalizer::kKeep)
    return write_finalizers(decision.finalizer, decision.status);
  Change change = change_to_tell(view_.status, decision.status, decision.watched);
  if (change == Change::kNone) return;
  // Nobody waits for these, and the finalizer waits for each that is on its way.
  if (view_.deleting) change = Change::kCounters;
  const Instant due = pace_.due(change, at);
  if (due > at) return again_at(due);
  write_status(decision.status);
}

// A deletion waits for nobody: its finalizer goes with the last answer.
bool ExperimentDesk::waits_for_nodes(Instant now) const {
  return now < orders_first_ && !view_.deleting &&
         std::ranges::any_of(
             office_.book,
             [&](const auto& one) {
               return one.second.experiment_uid == view_.uid && !is_answered(one.second);
             });
}

// The earlier one of what it waits for.
void ExperimentDesk::again_at(Instant at) {
  if (wake_ && wake_at_ <= at) return;
  wake_at_ = at;
  wake_ = office_.client.reactor().at(at, [this] {
    wake_.reset();
    work();
  });
}

void ExperimentDesk::write_finalizers(Decision::Finalizer what, const Status& status) {
  const bool removes = what == Decision::Finalizer::kRemove;
  // There is no status to write any more: what it would have told is told by events.
  if (removes) {
    for (const Note& one : notes_between(view_.status, status)) note(one);
    view_.status = status;
  }
  const Json patch{{"metadata",
                    {{"finalizers", finalizers_after(view_, what)},
                     {"resourceVersion", view_.version},
                     {"uid", view_.uid}}}};
  event_of_write_ = removes ? "FinalizerRemoved" : "FinalizerInited";
  write_ =
      office_.client.patch(place(), patch, {.manager = std::string(kManager)},
                           [this](Answer<Json> answer) { wrote_finalizers(std::move(answer)); });
}

void ExperimentDesk::wrote_finalizers(Answer<Json> answer) {
  if (!answer) return failed(answer.error());
  backoff_.succeeded();
  tell_finalizers();
  saw(experiment_view(*answer), true);
  // With it the object has gone, unless others hold it too.
  if (!removes_finalizer() || !view_.finalizers.empty()) again_at(office_.client.reactor().now());
}

void ExperimentDesk::tell_finalizers() {
  note({false, event_of_write_,
        removes_finalizer() ? "Finalizer has been removed" : "Finalizer has been inited"});
}

void ExperimentDesk::gone() {
  if (removes_finalizer() && write_.is_pending()) tell_finalizers();
}

// The watch tells when it is gone, and its orders go with it.
void ExperimentDesk::remove() {
  const Json options{{"preconditions", {{"uid", view_.uid}}}};
  write_ = office_.client.remove(place(), options, [this](Answer<Json> answer) {
    if (!answer) return failed(answer.error());
    backoff_.succeeded();
  });
}

void ExperimentDesk::write_status(const Status& status) {
  writing_ = status;
  pace_.wrote(office_.client.reactor().now());
  write_ = office_.client.patch(place("status"), {{"status", status_json(status)}},
                                {.manager = std::string(kManager)},
                                [this](Answer<Json> answer) { wrote_status(std::move(answer)); });
}

void ExperimentDesk::wrote_status(Answer<Json> answer) {
  if (!answer) return failed(answer.error());
  backoff_.succeeded();
  for (const Note& one : notes_between(view_.status, writing_)) note(one);
  saw(experiment_view(*answer), true);
  view_.status = std::move(writing_);
  writing_ = {};
  again_at(office_.client.reactor().now());
}

// Somebody else has written, or nothing is known: the object tells.
void ExperimentDesk::failed(const kube::ApiError& error) {
  if (error.reason == Reason::kNotFound) return;  // the watch tells that it is gone
  if (error.reason != Reason::kConflict && office_.on_trouble) office_.on_trouble(error);
  const Instant now = office_.client.reactor().now();
  retry_ = office_.client.reactor().at(now + backoff_.failed(now), [this] { read(); });
}

void ExperimentDesk::read() {
  write_ = office_.client.get(place(), [this](Answer<Json> answer) {
    retry_.reset();
    if (!answer) return failed(answer.error());
    // Of an object that was made anew under the name the watch tells.
    if (kube::text_at(*answer, "/metadata/uid") == view_.uid) saw(experiment_view(*answer), true);
    again_at(office_.client.reactor().now());
  });
}

}  // namespace duress::controller
