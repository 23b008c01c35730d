#include "controller/passing.h"

namespace duress::controller {

namespace {

// What of it is worth passing on now.
spec::Asked live(const ExperimentView& experiment, WallTime now) {
  spec::Asked out;
  if (is_watched(experiment, now)) out.watch_until = experiment.asked.watch_until;
  if (!experiment.preflight && !experiment.deleting && spec::is_asked(experiment.asked, now))
    out.recordings = experiment.asked.recordings;
  return out;
}

spec::Asked merged(spec::Asked with, const spec::Asked& more) {
  if (more.watch_until) with.watch_until = more.watch_until;
  if (more.recordings) with.recordings = more.recordings;
  return with;
}

}  // namespace

std::vector<Passing> passings(const ExperimentView& experiment, const OrderBook& book,
                              WallTime now) {
  std::vector<Passing> out;
  const spec::Asked asked = live(experiment, now);
  if (asked == spec::Asked{}) return out;
  for (const auto& [name, view] : book) {
    if (view.experiment_uid != experiment.uid || view.busy || view.uid.empty()) continue;
    const spec::Asked wanted = merged(view.asked, asked);
    if (wanted != view.asked) out.push_back({name, view.uid, wanted});
  }
  return out;
}

Json passing_patch(const OrderView& view, const Passing& passing) {
  return Json::array({{{"op", "test"}, {"path", "/metadata/uid"}, {"value", passing.uid}},
                      {{"op", "add"},
                       {"path", "/metadata/annotations"},
                       {"value", annotations_of(view.stopped, passing.asked)}}});
}

bool is_watched(const ExperimentView& experiment, WallTime now) {
  return !experiment.preflight && !experiment.deleting &&
         experiment.status.targets <= kMostWatchedTargets &&
         spec::is_watched(experiment.asked, now);
}

Change change_to_tell(const Status& told, const Status& now, bool watched) {
  const Change change = difference(told, now);
  const bool is_number = change == Change::kNone || change == Change::kNumbers;
  return watched && is_number && told != now ? Change::kCounters : change;
}

}  // namespace duress::controller
