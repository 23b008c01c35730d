#include "kubectl/looking.h"

#include "base/wall_time.h"
#include "kubectl/view.h"
#include "spec/asked.h"

namespace duress::kubectl {

void Looking::at(const kube::Json& experiment) {
  if (refused_ || experiment_of(experiment).is_over()) return;
  const std::string uid = kube::text_at(experiment, "/metadata/uid");
  if (all_.size() >= kMost && !all_.contains(uid)) return;
  const Instant now = session_.reactor().now();
  const auto [found, is_new] = all_.try_emplace(uid);
  One& one = found->second;
  if (one.pending.is_pending() || (!is_new && now - one.renewed < kRenewed)) return;
  one.renewed = now;
  const kube::Json annotations = spec::asked_json({.watch_until = session_.server_now() + kAhead});
  one.pending =
      session_.client().patch(place_of(experiment), {{"metadata", {{"annotations", annotations}}}},
                              {}, [this](const auto& answer) { answered(answer); });
}

void Looking::answered(const kube::Answer<kube::Json>& answer) {
  if (answer || answer.error().reason != kube::Reason::kForbidden || refused_) return;
  refused_ = true;
  say_("the numbers come every ten seconds or so: each second only for who may patch stresschaos");
}

}  // namespace duress::kubectl
