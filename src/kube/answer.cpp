#include "kube/answer.h"

#include <nlohmann/json.hpp>

#include "base/text.h"
#include "kube/json.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostText = 300;

// The reason's word decides where there is one: 409 is two things, and 500 may be a time-out.
Reason reason_of(int status, std::string_view word) {
  struct Word {
    std::string_view word;
    Reason reason;
  };
  constexpr Word words[] = {
      {"Unauthorized", Reason::kUnauthorized}, {"Forbidden", Reason::kForbidden},
      {"NotFound", Reason::kNotFound},         {"AlreadyExists", Reason::kAlreadyExists},
      {"Conflict", Reason::kConflict},         {"Gone", Reason::kExpired},
      {"Expired", Reason::kExpired},           {"Invalid", Reason::kInvalid},
      {"BadRequest", Reason::kInvalid},        {"TooManyRequests", Reason::kTooMany},
      {"Timeout", Reason::kTimeout},           {"ServerTimeout", Reason::kTimeout},
      {"InternalError", Reason::kUnavailable}, {"ServiceUnavailable", Reason::kUnavailable},
  };
  for (const auto& known : words)
    if (known.word == word) return known.reason;
  switch (status) {
    case 400:
    case 405:
    case 406:
    case 413:
    case 415:
    case 422:
      return Reason::kInvalid;
    case 401:
      return Reason::kUnauthorized;
    case 403:
      return Reason::kForbidden;
    case 404:
      return Reason::kNotFound;
    case 408:
    case 504:
      return Reason::kTimeout;
    case 409:
      return Reason::kConflict;
    case 410:
      return Reason::kExpired;
    case 429:
      return Reason::kTooMany;
    default:
      return status >= 500 ? Reason::kUnavailable : Reason::kOther;
  }
}

// What the reader can do, where the server's own words leave it open. Each reads on behind them.
std::string_view advice(Reason reason) {
  switch (reason) {
    case Reason::kUnauthorized:
      return "log in again, or renew the token that the kubeconfig names";
    case Reason::kForbidden:
      return "ask the cluster's administrator for a Role with that verb and resource";
    case Reason::kConflict:
      return "read it again and repeat the change";
    case Reason::kTooMany:
      return "the API server is overloaded; try again later";
    default:
      return "";
  }
}

struct Told {
  int status = 0;
  std::string word;
  std::string message;
  std::optional<std::chrono::seconds> retry_after;
};

std::optional<Told> read_status(std::string_view text) {
  const Json status = parse_json(text);
  if (text_at(status, "/kind") != "Status") return std::nullopt;
  Told told{static_cast<int>(number_at(status, "/code").value_or(0)), text_at(status, "/reason"),
            text_at(status, "/message"), std::nullopt};
  if (const auto seconds = number_at(status, "/details/retryAfterSeconds"); seconds && *seconds > 0)
    told.retry_after = std::chrono::seconds(*seconds);
  return told;
}

ApiError told_error(const Told& told, std::string_view what) {
  const Reason reason = reason_of(told.status, told.word);
  std::string message = std::string(what) + ": ";
  message += told.message.empty()
                 ? "the API server refused it with HTTP status " + std::to_string(told.status)
                 : quoted(told.message, 4 * kMostText);
  if (const std::string_view more = advice(reason); !more.empty()) {
    message += "; ";
    message += more;
  }
  return {reason, std::move(message), told.status, told.retry_after};
}

}  // namespace

std::string_view name_of(Reason reason) {
  constexpr std::string_view names[] = {"NoContact", "Distrust", "Timeout",       "Unauthorized",
                                        "Forbidden", "NotFound", "AlreadyExists", "Conflict",
                                        "Expired",   "Invalid",  "TooMany",       "Unavailable",
                                        "Malformed", "Other"};
  return names[static_cast<std::size_t>(reason)];
}

Error ApiError::plain() const {
  switch (reason) {
    case Reason::kUnauthorized:
    case Reason::kForbidden:
    case Reason::kDistrust:
      return {Code::kPermission, message};
    case Reason::kNotFound:
      return {Code::kNotFound, message};
    case Reason::kExpired:
      return {Code::kGone, message};
    case Reason::kConflict:
    case Reason::kTooMany:
    case Reason::kUnavailable:
      return {Code::kBusy, message};
    case Reason::kInvalid:
    case Reason::kAlreadyExists:
      return {Code::kRefused, message};
    default:
      return {Code::kIo, message};
  }
}

ApiError error_of(int status, std::string_view body, std::string_view retry_after,
                  std::string_view what) {
  auto told = read_status(body);
  if (!told) {
    // A load balancer's page, or the API server's plain text.
    told = Told{.status = status, .word = {}, .message = {}, .retry_after = std::nullopt};
    if (const auto text = trim(body); !text.empty() && !text.starts_with('<'))
      told->message = "HTTP status " + std::to_string(status) + ": " + quoted(text, kMostText);
  }
  told->status = status;
  if (const auto seconds = parse_integer(retry_after); seconds && *seconds >= 0)
    told->retry_after = std::chrono::seconds(*seconds);
  return told_error(*told, what);
}

ApiError error_of_status(std::string_view status_json, std::string_view what) {
  const auto told = read_status(status_json);
  if (!told)
    return {Reason::kMalformed,
            std::string(what) + ": the API server sent " + quoted(status_json, kMostText) +
                " where an error was announced",
            0};
  return told_error(*told, what);
}

bool is_passing(Reason reason) {
  return reason == Reason::kNoContact || reason == Reason::kTimeout || reason == Reason::kTooMany ||
         reason == Reason::kUnavailable;
}

}  // namespace duress::kube
