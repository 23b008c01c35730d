#include "controller/pace.h"

#include <algorithm>

namespace duress::controller {

namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

double StatusPace::tokens(Instant now) const {
  if (!last_) return kAtOnce;
  return std::min<double>(kAtOnce, tokens_ + seconds(now - *last_));
}

Instant StatusPace::due(Change change, Instant now) const {
  if (!last_) return now;
  switch (change) {
    case Change::kNone:
    case Change::kNumbers:
      return std::max<Instant>(now, *last_ + kNumbers);
    case Change::kCounters:
      return std::max<Instant>(now, *last_ + kCounters);
    case Change::kState:
      break;
  }
  return tokens(now) >= 1 ? now : std::max<Instant>(now, *last_ + kCounters);
}

void StatusPace::wrote(Instant now) {
  tokens_ = std::max(0.0, tokens(now) - 1);
  last_ = now;
}

}  // namespace duress::controller
