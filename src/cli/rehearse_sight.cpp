#include "cli/rehearse_sight.h"

#include <algorithm>

namespace duress::cli {

void add_event(std::deque<EventSight>& events, EventSight event) {
  // Far enough back that two alternating probes fold, near enough that the order still tells.
  constexpr std::size_t kLookBack = 6;
  const std::size_t from = events.size() - std::min(kLookBack, events.size());
  for (std::size_t i = from; i < events.size(); ++i) {
    const EventSight& other = events[i];
    if (other.reason != event.reason || other.who != event.who || other.text != event.text)
      continue;
    event.count = other.count + 1;
    events.erase(events.begin() + static_cast<std::ptrdiff_t>(i));
    break;
  }
  events.push_back(std::move(event));
  if (events.size() > kMostEvents) events.pop_front();
}

}  // namespace duress::cli
