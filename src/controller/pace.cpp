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

void ServerClock::heard(WallTime told, Instant at) {
  if (at - window_ >= kWindow) {
    window_ = at;
    before_ = best_;
    best_.reset();
  }
  const Duration ahead = told.time_since_epoch() - at.time_since_epoch();
  if (!best_ || ahead > *best_) best_ = ahead;
}

std::optional<Duration> ServerClock::ahead() const {
  if (!before_) return best_;
  return best_ ? std::max(*best_, *before_) : before_;
}

std::optional<WallTime> ServerClock::now(Instant at) const {
  const auto ahead_now = ahead();
  if (!ahead_now) return std::nullopt;
  return WallTime(at.time_since_epoch() + *ahead_now);
}

std::optional<Instant> ServerClock::when(WallTime time) const {
  const auto ahead_now = ahead();
  if (!ahead_now) return std::nullopt;
  return Instant(time.time_since_epoch() - *ahead_now);
}

}  // namespace duress::controller
