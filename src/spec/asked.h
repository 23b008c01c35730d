// What is asked of an experiment's nodes beside its spec: to tell numbers each second for a while,
// and to hand out recordings. Annotations of the StressChaos, set by who looks, and passed on to
// its NodeStresses under the same names; a change of them is no new generation, so that orders stay
// answered meanwhile. It gives no order. Plain values and pure functions; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace duress::spec {

inline constexpr std::string_view kWatchUntil = "duress.dev/watch-until";
inline constexpr std::string_view kRecordingsAsked = "duress.dev/recordings-asked";

// No annotation has a node write each second for longer: whoever still looks, asks again.
inline constexpr auto kMostWatched = std::chrono::minutes(2);
// A request that is older was answered, or nobody waits for it any more.
inline constexpr auto kRequestLasts = std::chrono::minutes(1);

struct Asked {
  std::optional<WallTime> watch_until{};  // by the API server's clock, as the other
  std::optional<WallTime> recordings{};   // when they were asked for: another time, another request

  friend bool operator==(const Asked&, const Asked&) = default;
};

// Of any object; what is no time is not there.
[[nodiscard]] Asked read_asked(const nlohmann::json& object);
// As annotations.
[[nodiscard]] nlohmann::json asked_json(const Asked& asked);

// It is to be watched now: the time lies ahead, and not too far.
[[nodiscard]] bool is_watched(const Asked& asked, WallTime now);
// Recordings are asked for now.
[[nodiscard]] bool is_asked(const Asked& asked, WallTime now);
// The time that a request of now bears: another one than that which is there. Annotations tell
// whole seconds.
[[nodiscard]] WallTime time_of_request(const Asked& before, WallTime now);

}  // namespace duress::spec
