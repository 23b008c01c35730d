#include "agent/reporter.h"

#include <algorithm>

namespace duress::agent {

namespace {

// A report of hundreds of containers is not made anew for every line that one of them tells.
constexpr auto kLookEvery = std::chrono::milliseconds(50);

}  // namespace

void Reporter::known(const std::string& experiment, const std::string& name) {
  if (const auto found = objects_.find(experiment);
      found != objects_.end() && found->second.name == name)
    return;
  const auto most = static_cast<std::uint64_t>(Duration(ReportPacer::kMostJitter).count());
  const Duration jitter(static_cast<std::int64_t>(client_.dice() % most));
  objects_.erase(experiment);
  objects_.emplace(experiment, Object{.name = name, .pacer = ReportPacer(jitter)});
}

void Reporter::watched(const std::string& experiment, std::optional<Instant> until) {
  const auto found = objects_.find(experiment);
  if (found == objects_.end()) return;
  found->second.pacer.watched(until);
  changed(experiment);
}

void Reporter::changed(const std::string& experiment) {
  const auto found = objects_.find(experiment);
  if (found == objects_.end()) return;
  Object& object = found->second;
  if (object.looks_soon || object.writes) return;  // it will see this too
  object.looks_soon = true;
  const Instant now = client_.reactor().now();
  const Instant at = std::max<Instant>(now, object.looked + kLookEvery);
  object.timer = client_.reactor().at(at, [this, experiment] { look(experiment); });
}

void Reporter::look(const std::string& experiment) {
  const auto found = objects_.find(experiment);
  if (found == objects_.end()) return;
  Object& object = found->second;
  object.looks_soon = false;
  object.timer.reset();
  if (object.writes) return;
  const Instant now = client_.reactor().now();
  object.looked = now;
  const auto report = calls_.report(experiment);
  if (!report) return;
  const auto due = object.pacer.due_in(*report, now);
  if (!due) return;
  if (*due == Duration(0)) return write(experiment, object, *report);
  object.timer = client_.reactor().after(*due, [this, experiment] { look(experiment); });
}

void Reporter::write(const std::string& experiment, Object& object,
                     const spec::NodeReport& report) {
  object.pacer.wrote(report, client_.reactor().now());
  object.writes = true;
  object.pending = client_.patch(
      {kube::node_stresses(), "", object.name, "status"}, {{"status", spec::report_json(report)}},
      {.manager = "duress-agent"},
      [this, experiment](const kube::Answer<kube::Json>& answer) { wrote(experiment, answer); });
}

void Reporter::wrote(const std::string& experiment, const kube::Answer<kube::Json>& answer) {
  const auto found = objects_.find(experiment);
  if (found == objects_.end()) return;
  Object& object = found->second;
  object.writes = false;
  if (!answer) {
    if (answer.error().reason == kube::Reason::kNotFound) return;  // the watch will say so
    object.pacer.failed();
    calls_.say(answer.error().message);
  }
  changed(experiment);
}

bool Reporter::is_idle() const {
  const Instant now = client_.reactor().now();
  return std::ranges::none_of(objects_, [&](const auto& one) {
    const Object& object = one.second;
    if (object.writes || object.looks_soon) return true;
    const auto report = calls_.report(one.first);
    return report && object.pacer.due_in(*report, now).has_value();
  });
}

}  // namespace duress::agent
