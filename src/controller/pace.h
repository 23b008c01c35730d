// When an experiment's status may be written. Pure, but for what it was told; owned by the
// experiment's desk; one thread.
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

}  // namespace duress::controller
