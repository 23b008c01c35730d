#include "kube/watch_plan.h"

#include <algorithm>

namespace duress::kube {

namespace {

// Where a right is missing or the kind is not there, asking every moment helps nobody.
constexpr auto kAfterRefusal = std::chrono::seconds(5);

bool is_refusal(Reason reason) {
  return reason == Reason::kForbidden || reason == Reason::kUnauthorized ||
         reason == Reason::kNotFound || reason == Reason::kDistrust || reason == Reason::kInvalid;
}

}  // namespace

BackoffPolicy WatchPlan::policy() {
  return {.first = std::chrono::milliseconds(100),
          .most = std::chrono::seconds(10),
          .factor = 2.0,
          .jitter = 0.5,
          .forget_after = std::chrono::minutes(2)};
}

WatchStep WatchPlan::page(const std::string& next, const std::string& version) {
  if (!next.empty()) return {WatchStep::What::kList, Duration{0}, next};
  version_ = version;
  lists_ = false;
  heard_ = false;
  return {WatchStep::What::kWatch, Duration{0}, version_};
}

void WatchPlan::heard(const std::string& version) {
  heard_ = true;
  backoff_.succeeded();
  if (!version.empty()) version_ = version;
}

WatchStep WatchPlan::ended(Instant now) {
  // One that ends at once and says nothing would be asked for without pause.
  const Duration wait = heard_ ? Duration{0} : backoff_.failed(now);
  heard_ = false;
  return {WatchStep::What::kWatch, wait, version_};
}

WatchStep WatchPlan::failed(const ApiError& error, Instant now) {
  Duration wait = backoff_.failed(now);
  heard_ = false;
  if (error.retry_after) wait = std::max<Duration>(wait, *error.retry_after);
  if (is_refusal(error.reason)) wait = std::max<Duration>(wait, kAfterRefusal);
  const bool begins_anew = lists_ || error.reason == Reason::kExpired || is_refusal(error.reason);
  if (!begins_anew) return {WatchStep::What::kWatch, wait, version_};
  lists_ = true;
  version_.clear();
  return {WatchStep::What::kList, wait, ""};
}

}  // namespace duress::kube
