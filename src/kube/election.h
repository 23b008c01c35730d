// Who leads, decided: a Lease as it was seen, and what one candidate does about it. It trusts no
// other machine's clock: a holder is gone when its record has not changed for the lease's time as
// measured here. Pure; owned by a Leader, which does the reading and writing.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/text.h"
#include "kube/json.h"

namespace duress::kube {

struct ElectionTimes {
  std::chrono::seconds lease{15};    // after this without renewal another may take it
  std::chrono::seconds give_up{10};  // a leader that could not renew for this long stops leading
  std::chrono::seconds retry{2};
};

class Election final {
 public:
  enum class Move { kNothing, kCreate, kTake, kRenew };

  Election(std::string identity, ElectionTimes times)
      : identity_(std::move(identity)), times_(times) {}

  // The lease as it was read (null: there is none), and what to do about it.
  [[nodiscard]] Move saw(const Json& lease, Instant now);
  // The lease to write for that move.
  [[nodiscard]] Json record(Move move, const Json& lease, WallTime wall) const;
  // It was written; `sent` is when the request left, so that we never lead longer than others
  // think.
  void wrote(const Json& lease, Instant sent);
  // Holder nobody, so that another need not wait.
  [[nodiscard]] Json release(const Json& lease, WallTime wall) const;

  [[nodiscard]] bool leads(Instant now) const {
    return renewed_ && now - *renewed_ < times_.give_up;
  }
  void stop() { renewed_.reset(); }
  [[nodiscard]] const std::string& holder() const { return holder_; }  // as last seen
  [[nodiscard]] const ElectionTimes& times() const { return times_; }

 private:
  std::string identity_;
  ElectionTimes times_;
  std::string holder_;
  std::string version_;  // of the record that was seen last
  Instant changed_{};    // when it was first seen
  std::optional<Instant> renewed_;
};

}  // namespace duress::kube
