// CrashLoopBackOff: how long a container that ended waits before it is started again. It starts
// nothing. client-go util/flowcontrol/backoff.go as the kubelet uses it (10 s, doubled to 300 s,
// forgotten once a container has run for twice the most). A value of one container; one thread.
#pragma once

#include <algorithm>
#include <chrono>
#include <optional>

#include "base/clock.h"

namespace duress::rehearse {

class BackOff final {
 public:
  // Every time is divided by `factor`.
  explicit BackOff(double factor)
      : first_(scaled(std::chrono::seconds(10), factor)),
        most_(scaled(std::chrono::seconds(300), factor)) {}

  // Until when a container that ended at `finished` has to wait; unset: it need not.
  [[nodiscard]] std::optional<Instant> until(Instant finished, Instant now) const {
    if (!last_start_ || forgotten(finished)) return std::nullopt;
    const Instant end = finished + delay_;
    return now < end ? std::optional(end) : std::nullopt;
  }

  // It is started again now.
  void started(Instant finished, Instant now) {
    delay_ = !last_start_ || forgotten(finished) ? first_ : std::min(delay_ * 2, most_);
    last_start_ = now;
  }

  [[nodiscard]] std::chrono::nanoseconds delay() const { return delay_; }

 private:
  static std::chrono::nanoseconds scaled(std::chrono::nanoseconds time, double factor) {
    return std::chrono::nanoseconds(
        static_cast<std::int64_t>(static_cast<double>(time.count()) / factor));
  }
  [[nodiscard]] bool forgotten(Instant finished) const {
    return finished - *last_start_ > most_ * 2;
  }

  std::chrono::nanoseconds first_;
  std::chrono::nanoseconds most_;
  std::chrono::nanoseconds delay_{0};
  std::optional<Instant> last_start_{};
};

}  // namespace duress::rehearse
