#include "stress/memory_steering.h"

#include <algorithm>

namespace duress::stress {

namespace {

// usage moves by a batch of 64 pages a CPU without anybody's doing: following that would only
// swing.
constexpr Bytes kDeadBand = kib(128);
// Taken back only when the application has been quiet for a while, and not for a crumb.
constexpr auto kQuiet = std::chrono::milliseconds(300);
constexpr Bytes kWorthTaking = mib(2);
constexpr Bytes kChunk = mib(2);

Bytes whole_pages(Bytes bytes) { return {bytes.value / kPageSize.value * kPageSize.value}; }

}  // namespace

Bytes MemorySteering::asked(Instant now) const {
  const auto passed = now - options_.start;
  if (passed >= options_.ramp || options_.ramp.count() <= 0) return options_.size;
  const double part =
      static_cast<double>(passed.count()) / static_cast<double>(options_.ramp.count());
  return {static_cast<std::int64_t>(static_cast<double>(options_.size.value) * part)};
}

Bytes MemorySteering::want(const Measured& measured) {
  Bytes wanted = asked(measured.now);
  if (options_.mode == spec::Mode::kReach) {
    const Bytes others = std::max(Bytes{0}, measured.metric - measured.charged);
    wanted = std::max(Bytes{0}, wanted - others);
    const Bytes moved = wanted > last_want_ ? wanted - last_want_ : last_want_ - wanted;
    if (moved < kDeadBand && wanted.value != 0) wanted = last_want_;
  }
  capped_ = options_.most && wanted > *options_.most;
  if (capped_) wanted = *options_.most;
  last_want_ = wanted;
  return below_limit(measured, wanted);
}

Bytes MemorySteering::below_limit(const Measured& measured, Bytes wanted) {
  yielding_ = false;
  const std::optional<Bytes> before = last_room_;
  last_room_ = measured.room;
  if (options_.keep_free.value == 0 || !measured.room) return wanted;
  const Bytes spare = *measured.room - options_.keep_free;
  const Bytes most = std::max(Bytes{0}, measured.charged + spare);
  if (wanted <= most && !measured.alarmed) return wanted;
  yielding_ = true;
  if (spare.value < 0 || measured.alarmed) {
    // The application grows on while we give back: leave it as much again as it took since the last
    // look.
    const Bytes grown = before && *before > *measured.room ? *before - *measured.room : Bytes{0};
    gave_way_ = measured.now;
    const Bytes back = std::min(options_.keep_free * 2, grown * 2) +
                       (measured.alarmed ? options_.keep_free : Bytes{0});
    return std::clamp(most - back, Bytes{0}, std::max(Bytes{0}, wanted));
  }
  const bool quiet = !gave_way_ || measured.now - *gave_way_ > kQuiet;
  const bool worth = most - measured.charged > kWorthTaking;
  return quiet && worth ? std::min(most, wanted) : std::min(measured.charged, wanted);
}

Bytes page_tables(Bytes touched) {
  if (touched.value <= 0) return {0};
  const std::int64_t tables = (touched.value + kChunk.value - 1) / kChunk.value;
  const std::int64_t above = 2 + touched.value / gib(1).value;
  return kPageSize * (tables + above);
}

Bytes holdable(Bytes charge, Bytes apart) {
  const auto fits = [&](Bytes held) {
    return held + page_tables(std::max(Bytes{0}, held - apart)) <= charge;
  };
  // The tables are 1/512 of what is held: a bisection over that narrow band.
  Bytes low = whole_pages(std::max(Bytes{0}, charge - charge / 256 - kib(64)));
  Bytes high = whole_pages(std::max(Bytes{0}, charge));
  while (low < high) {
    const Bytes middle = whole_pages((low + high + kPageSize) / 2);
    if (fits(middle)) {
      low = middle;
    } else {
      high = middle - kPageSize;
    }
  }
  return low;
}

}  // namespace duress::stress
