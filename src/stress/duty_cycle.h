// How much CPU time a worker owes now: its share of the wall time since the start, less what it has
// used. It neither spins nor sleeps. Time that could not be had (a busy machine, a spent quota) is
// owed on, up to a bound, so that a short shortage is made good and a long one does not end in a
// burst. A value of the worker; no library.
#pragma once

#include <cstdint>

namespace duress::stress {

class DutyCycle {
 public:
  // More than this is not owed: a burst of 200 ms after a shortage is felt as such by the
  // application.
  static constexpr std::int64_t kMostDebt = 200'000'000;
  static constexpr std::int64_t kWhole =
      1'000'000'000;  // share of a full core, in parts per billion

  constexpr void start(std::int64_t now_ns, std::int64_t used_ns) {
    last_ns_ = now_ns;
    used_ns_ = used_ns;
  }

  // Nanoseconds of CPU time owed at `now_ns`, with `used_ns` used in all; never negative.
  constexpr std::int64_t owed(std::int64_t now_ns, std::int64_t used_ns, std::int64_t share_ppb) {
    const std::int64_t passed = now_ns - last_ns_;
    // Parts below a nanosecond are kept: a cycle is short, and the error would not average out.
    const std::int64_t exact = passed * (share_ppb / 1000) + fraction_;
    debt_ns_ += exact / 1'000'000 - (used_ns - used_ns_);
    fraction_ = exact % 1'000'000;
    last_ns_ = now_ns;
    used_ns_ = used_ns;
    if (debt_ns_ > kMostDebt) {
      dropped_ns_ += debt_ns_ - kMostDebt;
      debt_ns_ = kMostDebt;
    }
    return debt_ns_ > 0 ? debt_ns_ : 0;
  }

  [[nodiscard]] constexpr std::int64_t dropped_ns() const { return dropped_ns_; }

 private:
  std::int64_t last_ns_ = 0;
  std::int64_t used_ns_ = 0;
  std::int64_t debt_ns_ = 0;
  std::int64_t fraction_ = 0;
  std::int64_t dropped_ns_ = 0;
};

}  // namespace duress::stress
