// How long to wait before the next attempt: growing, with jitter, so that a thousand clients that
// lost one server do not come back at one moment. It neither sleeps nor asks the time. Seeded and
// pure: the same seed gives the same waits. Owned by who retries; one thread.
#pragma once

#include <chrono>
#include <cstdint>

#include "base/clock.h"
#include "base/text.h"

namespace duress::kube {

struct BackoffPolicy {
  Duration first = std::chrono::milliseconds(100);
  Duration most = std::chrono::seconds(30);
  double factor = 2.0;
  double jitter = 0.5;  // up to this part of a wait is added at random
  // After this long without a failure the waits begin anew.
  Duration forget_after = std::chrono::minutes(2);
};

// A small generator of our own: the standard's distributions differ among libraries.
class Dice final {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  [[nodiscard]] std::uint64_t next();
  [[nodiscard]] double unit();  // 0 <= x < 1

 private:
  std::uint64_t state_;
};

class Backoff final {
 public:
  Backoff(BackoffPolicy policy, std::uint64_t seed) : policy_(policy), dice_(seed) {}

  // It failed at `now`: wait this long.
  [[nodiscard]] Duration failed(Instant now);
  // It works: the next failure waits the first time again.
  void succeeded() { base_ = Duration{0}; }

 private:
  BackoffPolicy policy_;
  Dice dice_;
  Duration base_{0};  // of the last wait, without its jitter; 0: there was none
  Instant last_{};
};

}  // namespace duress::kube
