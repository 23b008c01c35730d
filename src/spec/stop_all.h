// The kill switch (stopalls.duress.dev, v1alpha1, cluster-scoped): while such an object is there,
// no experiment that was created before it runs, and none of those ever runs again. Its time is the
// API server's creationTimestamp, so that no clock of a node or a person matters. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>

#include "base/clock.h"

namespace duress::spec {

inline constexpr std::string_view kStopAllPlural = "stopalls";

// Of all that were ever seen, the latest; one that is removed takes nothing back.
class StopAll final {
 public:
  // True: it stops more than before.
  bool saw(std::optional<WallTime> created) {
    if (!created || (before_ && *created <= *before_)) return false;
    before_ = created;
    return true;
  }
  // In whole seconds, as the API server has it: one of the same second is stopped too.
  [[nodiscard]] bool stops(WallTime experiment_created) const {
    return before_ && experiment_created <= *before_;
  }

 private:
  std::optional<WallTime> before_;
};

}  // namespace duress::spec
