#include "kube/server_clock.h"

#include <algorithm>

namespace duress::kube {

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

}  // namespace duress::kube
