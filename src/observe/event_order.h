// Events in the order of their time; those of one moment stay in the order in which they were told.
// Pure; any thread.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "observe/event.h"

namespace duress::observe {

[[nodiscard]] inline std::vector<Event> in_order(std::vector<Event> events) {
  std::vector<std::pair<Duration, std::size_t>> order;
  order.reserve(events.size());
  for (std::size_t i = 0; i < events.size(); ++i) order.emplace_back(events[i].at, i);
  std::ranges::sort(order);
  std::vector<Event> out;
  out.reserve(events.size());
  for (const auto& [at, index] : order) out.push_back(std::move(events[index]));
  return out;
}

}  // namespace duress::observe
