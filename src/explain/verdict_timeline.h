// The events of a recording as lines for people: many alike become one with its count and its pace,
// so that ten hours of restarts fit a page. It judges nothing but how bad one line is. Pure; any
// thread.
#pragma once

#include <vector>

#include "explain/verdict.h"
#include "explain/verdict_facts.h"

namespace duress::explain::judging {

inline constexpr std::size_t kMostEntries = 100;

[[nodiscard]] std::vector<TimelineEntry> timeline_of(const Facts& facts);

}  // namespace duress::explain::judging
