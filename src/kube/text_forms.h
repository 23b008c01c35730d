// Two forms of text that Kubernetes uses for values: base64 (certificates in a kubeconfig) and
// RFC 3339 times (leases, events, tokens that expire). Pure; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace duress::kube {

// Standard alphabet; line breaks are skipped, as `base64 -w 76` makes them.
[[nodiscard]] std::optional<std::string> base64_decoded(std::string_view text);
[[nodiscard]] std::string base64_encoded(std::string_view bytes);

// "2026-11-24T21:35:06Z", with or without a fraction, or an offset ("+01:00").
[[nodiscard]] std::optional<WallTime> parse_time(std::string_view text);

// As metav1.Time: whole seconds, UTC.
[[nodiscard]] std::string format_time(WallTime time);
// As metav1.MicroTime: six decimals.
[[nodiscard]] std::string format_micro_time(WallTime time);

}  // namespace duress::kube
