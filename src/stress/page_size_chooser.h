// Which page size fills faster now, huge or 4 KiB: a decision from the measured time of each batch.
// It does not touch memory or read a clock. Huge pages are about 7 times faster where memory is
// warm and several times slower where the host has to supply it anew, and this changes while
// filling: so the loser is tried again from time to time, and at once when the winner slows down. A
// value of the worker's filling thread; no library.
#pragma once

#include <cstdint>

namespace duress::stress {

class PageSizeChooser {
 public:
  // Whether the next batch should be of huge pages.
  [[nodiscard]] constexpr bool huge() const { return probing_ ? !winner_ : winner_; }

  // The next batch is a look at the other size.
  [[nodiscard]] constexpr bool probing() const { return probing_; }

  constexpr void measured(std::int64_t bytes, std::int64_t nanoseconds) {
    if (bytes <= 0) return;
    const std::int64_t cost = (nanoseconds * 1024) / bytes;  // ns per KiB
    Size& size = sizes_[huge() ? 1 : 0];
    const bool slower = size.known && cost > 2 * size.cost;
    // A jump either way is another kind of memory, not noise.
    const bool jumped = slower || 2 * cost < size.cost;
    size.cost = size.known && !jumped ? (3 * size.cost + cost) / 4 : cost;
    size.known = true;
    if (probing_) {
      probing_ = false;
      since_probe_ = 0;
      if (size.cost < sizes_[winner_ ? 1 : 0].cost) {
        winner_ = !winner_;
        interval_ = kFirstInterval;
      } else if (interval_ < kLastInterval) {
        interval_ *= 2;
      }
      return;
    }
    since_probe_ += bytes;
    const bool other_unknown = !sizes_[winner_ ? 0 : 1].known;
    if (other_unknown || since_probe_ >= interval_ || (slower && since_probe_ >= kSettle)) {
      probing_ = true;
    }
  }

 private:
  struct Size {
    std::int64_t cost = 0;
    bool known = false;
  };
  static constexpr std::int64_t kMiB = std::int64_t{1024} * 1024;
  static constexpr std::int64_t kFirstInterval = 128 * kMiB;
  static constexpr std::int64_t kLastInterval = 1024 * kMiB;
  static constexpr std::int64_t kSettle = 16 * kMiB;

  Size sizes_[2];  // 4 KiB, huge
  bool winner_ = true;
  bool probing_ = false;
  std::int64_t since_probe_ = 0;
  std::int64_t interval_ = kFirstInterval;
};

}  // namespace duress::stress
