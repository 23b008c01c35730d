// Whether the API server is heard: what a node must know to end what nobody could stop. It asks
// nothing. Pure values; any thread.
#pragma once

#include <algorithm>

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

}  // namespace duress::agent
