// RFC 3339 times, as Kubernetes writes them in objects, leases, events and tokens. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace duress {

// "2026-11-24T21:35:06Z", with or without a fraction, or an offset ("+01:00").
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);

// As metav1.Time: whole seconds, UTC.
[[nodiscard]] std::string format_time(WallTime time);
// As metav1.MicroTime: six decimals.
[[nodiscard]] std::string format_micro_time(WallTime time);

}  // namespace duress
