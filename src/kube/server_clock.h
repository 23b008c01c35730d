// The API server's clock, to a part of a second though it tells whole ones: a second that is told
// has begun, and the answer took its time, so of several answers the one that puts it furthest
// ahead is the nearest to the truth. The own clock's wall time is not trusted. It asks nothing.
// Pure, but for what it was told; one thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/text.h"

namespace duress::kube {

class ServerClock final {
 public:
  static constexpr auto kWindow = std::chrono::minutes(1);

  void heard(WallTime told, Instant at);
  // Unset: nothing was heard.
  [[nodiscard]] std::optional<WallTime> now(Instant at) const;
  // When it will be `time` there.
  [[nodiscard]] std::optional<Instant> when(WallTime time) const;

 private:
  [[nodiscard]] std::optional<Duration> ahead() const;

  Instant window_{};
  std::optional<Duration> best_;  // of this window: server's time - ours since an arbitrary point
  std::optional<Duration>
      before_;  // of the one before, so that a clock set back is believed in time
};

}  // namespace duress::kube
