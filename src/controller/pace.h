// When things may be written, and what time it is where deadlines are kept: the paces of an
// experiment's status, and the API server's clock as its answers tell it. Both are pure, but for
// what they were told; owned by the controller; one thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/text.h"
#include "controller/status.h"

namespace duress::controller {

// A change of state is told at once, as long as there are not too many; counters once a second,
// numbers once in five.
class StatusPace final {
 public:
  static constexpr int kAtOnce = 5;  // changes of state in one go; then one a second
  static constexpr auto kCounters = std::chrono::seconds(1);
  static constexpr auto kNumbers = std::chrono::seconds(5);

  // When a change that is there now may be written: never before `now`.
  [[nodiscard]] Instant due(Change change, Instant now) const;
  void wrote(Instant now);

 private:
  [[nodiscard]] double tokens(Instant now) const;

  std::optional<Instant> last_;
  double tokens_ = kAtOnce;  // at last_
};

// A server tells whole seconds that have begun, and its answer takes time: of several, the one that
// puts it furthest ahead is the nearest to the truth.
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

}  // namespace duress::controller
