// grpc.health.v1.Health/Check as messages: what is sent, what an answer means in a kubelet's words
// (pkg/probe/grpc/grpc.go). It speaks no HTTP/2. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rehearse/probe_run.h"

namespace duress::rehearse {

// HealthCheckRequest with its five bytes of length before it.
[[nodiscard]] std::string health_request(const std::string& service);

// The status of a HealthCheckResponse with its length before it; unset: it is none.
[[nodiscard]] std::optional<int> health_status(std::string_view message);

struct GrpcEnd {
  std::optional<int> code{};  // of the trailers
  std::string message{};
  std::string body{};
};
[[nodiscard]] ProbeDone meaning_of(const GrpcEnd& end);

// "%2F" and the like undone, as grpc-message is written.
[[nodiscard]] std::string percent_decoded(std::string_view text);

}  // namespace duress::rehearse
