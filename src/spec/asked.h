// What is asked of an experiment's nodes beside its spec: to tell numbers each second for a while.
// An annotation of the StressChaos, set by who looks, and passed on to its NodeStresses under the
// same name; a change of it is no new generation, so that orders stay answered meanwhile. It gives
// no order. Plain values and pure functions; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace duress::spec {

inline constexpr std::string_view kWatchUntil = "duress.dev/watch-until";

// No annotation has a node write each second for longer: whoever still looks, asks again.
inline constexpr auto kMostWatched = std::chrono::minutes(2);

struct Asked {
  std::optional<WallTime> watch_until{};  // by the API server's clock

  friend bool operator==(const Asked&, const Asked&) = default;
};

// Of any object; what is no time is not there.
[[nodiscard]] Asked read_asked(const nlohmann::json& object);
// As annotations.
[[nodiscard]] nlohmann::json asked_json(const Asked& asked);

// It is to be watched now: the time lies ahead, and not too far.
[[nodiscard]] bool is_watched(const Asked& asked, WallTime now);

}  // namespace duress::spec
