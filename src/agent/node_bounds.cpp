// How a node keeps to what the administrator lets all its loads take: see bounds.h and node.h.
#include "agent/node_parts.h"

namespace duress::agent {

bool Node::Load::hear_bounds(const LoadNews& news) {
  const bool knew = claim.has_value();
  const bool filled = fills;
  if (const auto* planned = std::get_if<LoadPlanned>(&news))
    claim = planned->plan.memory.value_or(Bytes{0});
  if (std::holds_alternative<LoadReached>(news)) fills = false;
  if (const auto* sampled = std::get_if<LoadSampled>(&news); sampled != nullptr && sampled->held) {
    // It cannot have more: a limit, or what is kept free.
    if (held && *sampled->held <= *held) fills = false;
    held = sampled->held;
  }
  return knew != claim.has_value() || filled != fills;
}

// A load that would not have stayed within the bounds was refused by its own supervisor, before
// anything was placed: only there is known what a percentage comes to.
bool Node::held_back(const Load& load) {
  if (!load.is_beyond()) return false;
  const Bytes bound = parts_.bounds.memory.value_or(*load.at_most);
  const auto story = stories_.find(load.slot);
  if (story == stories_.end() || !is_latest(load)) return true;
  const bool never = *load.claim > bound;
  past_[load.slot] = {load.container_id,
                      load.content,
                      load.deadline,
                      never ? Fate::kEnded : Fate::kStopped,
                      parts_.reactor.now(),
                      1,
                      load.claim};
  if (never) {
    story->second.refused(never_fits(bound, *load.claim));
  } else {
    story->second.held_back();
  }
  return true;
}

}  // namespace duress::agent
