// What the API server answered, or why there was no answer: a value of T or an ApiError with a
// reason to branch on. It is not for what a file or flag says (Result is). Plain values; any
// thread.
#pragma once

#include <chrono>
#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/error.h"

namespace duress::kube {

enum class Reason {
  kNoContact,      // no connection, or it broke: nothing is known about what was done
  kDistrust,       // TLS: not the server that the configuration's CA vouches for
  kTimeout,        // no answer in time, from us or from the server
  kUnauthorized,   // 401: the credentials are not accepted
  kForbidden,      // 403: a right is missing; the message names it
  kNotFound,       // 404
  kAlreadyExists,  // 409 on create
  kConflict,       // 409: the object has changed meanwhile, or a field is another manager's
  kExpired,        // 410: a resourceVersion or continue token is too old; list again
  kInvalid,        // 400, 415, 422: the object or the request is wrong
  kTooMany,        // 429
  kUnavailable,    // 5xx: the server cannot now
  kMalformed,      // what came is no HTTP, no JSON, or not of the promised kind
  kOther,
};

[[nodiscard]] std::string_view name_of(Reason reason);

struct ApiError {
  Reason reason = Reason::kOther;
  std::string message;  // a sentence that tells what to do
  int status = 0;       // of HTTP; 0: there was no answer
  std::optional<std::chrono::seconds> retry_after = std::nullopt;

  [[nodiscard]] ApiError context(std::string_view where) const {
    return {reason, std::string(where) + ": " + message, status, retry_after};
  }
  // For those who know no API server.
  [[nodiscard]] Error plain() const;
};

template <class T = void>
using Answer = std::expected<T, ApiError>;

[[nodiscard]] inline std::unexpected<ApiError> refuse(Reason reason, std::string message) {
  return std::unexpected(ApiError{reason, std::move(message)});
}

// What an answer of status >= 400 means. `body` is a Status object, or whatever a proxy in between
// wrote. `what` is what was asked, to read on from: "list pods in namespace a".
[[nodiscard]] ApiError error_of(int status, std::string_view body, std::string_view retry_after,
                                std::string_view what);

// Also a Status that came with 200, inside of a watch.
[[nodiscard]] ApiError error_of_status(std::string_view status_json, std::string_view what);

// Whether the same request may succeed in a while, with nothing changed by us.
[[nodiscard]] bool is_passing(Reason reason);

}  // namespace duress::kube
