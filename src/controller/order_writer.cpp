#include "controller/order_writer.h"

namespace duress::controller {

namespace {

using kube::Answer;
using kube::Place;
using kube::Reason;

constexpr kube::BackoffPolicy kBetween{.first = std::chrono::milliseconds(50),
                                       .most = std::chrono::seconds(30)};

constexpr std::size_t kMostDead = 4096;
constexpr auto kPassAgain = std::chrono::seconds(1);

Place place_of(const std::string& name) { return {kube::node_stresses(), "", name, ""}; }

}  // namespace

OrderWriter::Work& OrderWriter::work_of(const std::string& name) {
  return work_.try_emplace(name, Work{kube::Backoff(kBetween, client_.dice())}).first->second;
}

void OrderWriter::carry(const OrderAction& action) {
  switch (action.what) {
    case OrderAction::What::kCreate:
      return create(action);
    case OrderAction::What::kPatch:
      return patch(action);
    case OrderAction::What::kDelete:
      return remove(action);
  }
}

void OrderWriter::create(const OrderAction& action) {
  OrderView view;
  give(view, action, calls_.now());
  view.created = view.ordered;
  view.busy = true;
  book_[action.name] = std::move(view);
  work_of(action.name).pending =
      client_.create(place_of(""), order_object(action),
                     [this, name = action.name](Answer<Json> answer) { wrote(name, answer); });
}

void OrderWriter::patch(const OrderAction& action) {
  OrderView& view = book_.at(action.name);
  const Json patch = order_patch(view, action);
  give(view, action, calls_.now());
  view.busy = true;
  work_of(action.name).pending =
      client_.patch(place_of(action.name), patch,
                    {.type = kube::PatchType::kJson, .manager = "duress-controller"},
                    [this, name = action.name](Answer<Json> answer) { wrote(name, answer); });
}

void OrderWriter::remove(const OrderAction& action) {
  OrderView& view = book_.at(action.name);
  view.busy = true;
  // Another object may have the same name by now.
  const Json options{{"preconditions", {{"uid", view.uid}}}};
  work_of(action.name).pending =
      client_.remove(place_of(action.name), options,
                     [this, name = action.name](Answer<Json> answer) { removed(name, answer); });
}

void OrderWriter::pass_on(const Passing& passing) {
  const auto found = book_.find(passing.order);
  if (found == book_.end() || found->second.uid != passing.uid) return;
  Work& work = work_of(passing.order);
  if (work.passing.is_pending() || work.passing_timer) return;
  work.passing =
      client_.patch(place_of(passing.order), passing_patch(found->second, passing),
                    {.type = kube::PatchType::kJson, .manager = "duress-controller"},
                    [this, name = passing.order](Answer<Json> answer) { passed_on(name, answer); });
}

void OrderWriter::passed_on(const std::string& name, const Answer<Json>& answer) {
  if (answer) return saw(*answer);
  const auto found = book_.find(name);
  if (found == book_.end()) return;
  const bool is_gone = answer.error().reason == Reason::kNotFound;
  if (!is_gone && calls_.on_trouble) calls_.on_trouble(answer.error());
  Work& work = work_of(name);
  work.passing_timer = client_.reactor().after(kPassAgain, [this, name] {
    work_of(name).passing_timer.reset();
    if (const auto at = book_.find(name); at != book_.end())
      calls_.on_seen(at->second.experiment_uid);
  });
}

void OrderWriter::wrote(const std::string& name, const Answer<Json>& answer) {
  if (!answer) return failed(name, answer.error());
  work_of(name).backoff.succeeded();
  settle(name, order_view(*answer));
}

void OrderWriter::removed(const std::string& name, const Answer<Json>& answer) {
  if (!answer && answer.error().reason != Reason::kNotFound) return failed(name, answer.error());
  if (dead_.size() >= kMostDead) dead_.clear();
  if (const auto found = book_.find(name); found != book_.end()) dead_.insert(found->second.uid);
  work_.erase(name);
  erase(name);
}

// What was asked for may have been done all the same: what there is tells.
void OrderWriter::failed(const std::string& name, const kube::ApiError& error) {
  const bool is_race = error.reason == Reason::kAlreadyExists ||
                       error.reason == Reason::kConflict || error.reason == Reason::kNotFound;
  if (!is_race && calls_.on_trouble) calls_.on_trouble(error);
  Work& work = work_of(name);
  work.timer = client_.reactor().after(work.backoff.failed(client_.reactor().now()),
                                       [this, name] { read(name); });
}

void OrderWriter::read(const std::string& name) {
  work_of(name).pending = client_.get(place_of(name), [this, name](Answer<Json> answer) {
    if (answer) return settle(name, order_view(*answer));
    if (answer.error().reason == Reason::kNotFound) return erase(name);
    failed(name, answer.error());
  });
}

void OrderWriter::settle(const std::string& name, OrderView view) {
  OrderView& known = book_[name];
  // A watch may have been quicker, and may have seen more.
  if (known.uid == view.uid && known.version > view.version) {
    known.busy = false;
  } else {
    if (known.ordered > view.ordered) view.ordered = known.ordered;
    known = std::move(view);
  }
  const std::string uid = known.experiment_uid;
  calls_.on_written(uid);
}

void OrderWriter::erase(const std::string& name) {
  const auto found = book_.find(name);
  if (found == book_.end()) return;
  const std::string uid = found->second.experiment_uid;
  book_.erase(found);
  calls_.on_written(uid);
}

void OrderWriter::saw(const Json& node_stress) {
  OrderView view = order_view(node_stress);
  if (dead_.contains(view.uid)) return;
  const auto [at, is_new] = book_.try_emplace(view.name, OrderView{});
  OrderView& known = at->second;
  if (!is_new && known.uid == view.uid && known.version >= view.version) return;
  if (known.busy) {
    // What we have sent is what counts; of what was read, what its node says.
    known.uid = view.uid;
    known.version = view.version;
    known.generation = view.generation;
    known.report = std::move(view.report);
    known.asked = view.asked;
  } else {
    const bool is_same = known.uid == view.uid && known.generation == view.generation;
    if (is_same) view.ordered = known.ordered;
    if (!is_new && !is_same) view.ordered = calls_.now();
    known = std::move(view);
  }
  const std::string uid = known.experiment_uid;
  calls_.on_seen(uid);
}

void OrderWriter::gone(const Json& node_stress) {
  const std::string name = kube::text_at(node_stress, "/metadata/name");
  dead_.erase(kube::text_at(node_stress, "/metadata/uid"));
  const auto found = book_.find(name);
  // One that we are about to make anew has no UID yet.
  if (found == book_.end() || found->second.uid != kube::text_at(node_stress, "/metadata/uid"))
    return;
  const std::string uid = found->second.experiment_uid;
  // A write on its way ends with an answer of its own, and finds that out.
  if (found->second.busy) return;
  book_.erase(found);
  calls_.on_seen(uid);
}

}  // namespace duress::controller
