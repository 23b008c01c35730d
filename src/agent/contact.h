// Whether the API server is heard, and what its clock says: the two things about it that a node
// must know to end what it runs in time. It asks nothing. Pure values; any thread.
#pragma once

#include <algorithm>
#include <optional>

#include "base/clock.h"
#include "base/text.h"

namespace duress::agent {

// Without a sign of the API server for so long, everything is released: nobody could stop it.
class DeadMan final {
 public:
  // 0: never.
  DeadMan(Duration patience, Instant now) : patience_(patience), heard_(now) {}

  void heard(Instant now) { heard_ = std::max(heard_, now); }
  [[nodiscard]] bool is_lost(Instant now) const {
    return patience_ > Duration(0) && now - heard_ >= patience_;
  }
  [[nodiscard]] Duration left(Instant now, Duration most) const {
    if (patience_ <= Duration(0)) return most;
    return std::clamp<Duration>(heard_ + patience_ - now, Duration(0), most);
  }
  [[nodiscard]] Instant last() const { return heard_; }

 private:
  Duration patience_;
  Instant heard_;
};

// The server's clock, to a part of a second though it tells whole ones: of several answers, the one
// that came soonest after the turn of its second says most. The node's own clock is not trusted.
class ServerClock final {
 public:
  void told(WallTime time, Instant heard) {
    const auto offset = time.time_since_epoch() - heard.time_since_epoch();
    // An answer is up to a second behind; more than two: the server's clock was set back.
    if (!offset_ || offset > *offset_ || offset < *offset_ - std::chrono::seconds(2))
      offset_ = offset;
  }
  // Unset: it has never told.
  [[nodiscard]] std::optional<WallTime> at(Instant now) const {
    if (!offset_) return std::nullopt;
    return WallTime(now.time_since_epoch() + *offset_);
  }

 private:
  std::optional<std::chrono::nanoseconds> offset_;
};

}  // namespace duress::agent
