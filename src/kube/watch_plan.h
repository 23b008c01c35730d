// What a watch does next, decided from what happened: list page by page, watch from where the list
// or the last event ended, begin anew when the server has forgotten that point, and wait between
// failures. It sends nothing and sees no object. Pure (the waits are seeded); owned by a Watch.
#pragma once

#include <string>

#include "kube/answer.h"
#include "kube/backoff.h"

namespace duress::kube {

struct WatchStep {
  enum class What { kList, kWatch };
  What what = What::kList;
  Duration after{0};
  std::string from{};  // kList: the continue token, empty for the first page; kWatch: the version
};

class WatchPlan final {
 public:
  explicit WatchPlan(std::uint64_t seed) : backoff_(policy(), seed) {}

  [[nodiscard]] static WatchStep first() { return {}; }
  // A page came: its metadata.continue and metadata.resourceVersion.
  [[nodiscard]] WatchStep page(const std::string& next, const std::string& version);
  // An event or a bookmark came.
  void heard(const std::string& version);
  // The server ended the watch as it said it would, or a proxy cut it: both end a stream in order.
  [[nodiscard]] WatchStep ended(Instant now);
  // A list or a watch failed; also the error that is an event of a watch.
  [[nodiscard]] WatchStep failed(const ApiError& error, Instant now);

  // Whether a failure is worth telling: a version that is too old is everyday.
  [[nodiscard]] static bool is_trouble(const ApiError& error) {
    return error.reason != Reason::kExpired;
  }

 private:
  [[nodiscard]] static BackoffPolicy policy();

  Backoff backoff_;
  std::string version_;
  bool heard_ = false;  // anything since the present watch began
  bool lists_ = true;
};

}  // namespace duress::kube
