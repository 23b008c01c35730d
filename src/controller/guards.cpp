#include "controller/guards.h"

#include <algorithm>

#include "base/text.h"

namespace duress::controller {

namespace {

bool has_node_guard(const spec::Guards& guards) {
  return guards.node_memory || guards.node_pressure != spec::NodePressure{};
}

// A report that answers an earlier order may tell of what that one asked for.
bool counts(const OrderView& view) {
  return view.order.desired != spec::Desired::kRun || is_answered(view);
}

// `order`: what it is the answer to.
std::string by_report(const spec::Guards& guards, const spec::NodeOrder& order,
                      const spec::ContainerReport& report) {
  const std::string who = report.ns + "/" + report.pod + "/" + report.container;
  if (report.guarded && has_node_guard(order.loads.guards)) return who + ": " + report.message;
  if (guards.restarts && report.restarts >= *guards.restarts) {
    const std::string often =
        report.restarts == 1 ? "once" : std::to_string(report.restarts) + " times";
    return who + " was restarted " + often +
           " while it was stressed (guards.restarts: " + std::to_string(*guards.restarts) + ")";
  }
  return "";
}

class Looker final {
 public:
  Looker(const spec::Guards& guards, WallTime created, const Inventory& inventory, WallTime now)
      : guards_(guards), created_(created), inventory_(inventory), now_(now) {}

  void look(const OrderView& view) {
    if (!counts(view)) return;
    for (const spec::ContainerReport& report : view.report.containers) {
      if (report.times == 0) continue;
      end(by_report(guards_, view.order, report));
      if (guards_.not_ready_for) look_at_pod(report.ns + "/" + report.pod, *guards_.not_ready_for);
    }
  }

  [[nodiscard]] GuardLook take() { return std::move(out_); }

 private:
  void end(std::string by) {
    if (out_.ended.empty()) out_.ended = std::move(by);
  }

  void look_at_pod(const std::string& pod, Duration most) {
    const auto found = inventory_.pods.find(pod);
    if (found == inventory_.pods.end()) return;
    const PodView& view = found->second;
    if (!view.not_ready_since || view.terminating) return;
    // Nodes' clocks are not trusted.
    const WallTime since = std::clamp(*view.not_ready_since, std::min(created_, now_), now_);
    const WallTime ends = since + most;
    if (ends <= now_)
      return end(pod + " is not Ready for " + format_duration(most) + " (guards.notReadyFor)");
    if (!out_.next || ends < *out_.next) out_.next = ends;
  }

  const spec::Guards& guards_;
  WallTime created_;
  const Inventory& inventory_;
  WallTime now_;
  GuardLook out_;
};

}  // namespace

GuardLook look_at_guards(const spec::Guards& guards, const std::string& experiment,
                         WallTime created, const OrderBook& book, const Inventory& inventory,
                         WallTime now) {
  if (guards == spec::Guards{}) return {};
  Looker looker(guards, created, inventory, now);
  for (const auto& [name, view] : book)
    if (view.experiment_uid == experiment) looker.look(view);
  return looker.take();
}

spec::Guards guards_of_a_node(spec::Guards guards) {
  guards.restarts.reset();
  guards.not_ready_for.reset();
  return guards;
}

}  // namespace duress::controller
