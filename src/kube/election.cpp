#include "kube/election.h"

#include "base/wall_time.h"

namespace duress::kube {

Election::Move Election::saw(const Json& lease, Instant now) {
  if (lease.is_null()) {
    renewed_.reset();
    holder_.clear();
    return Move::kCreate;
  }
  const std::string version = text_at(lease, "/metadata/resourceVersion");
  if (version != version_) {
    version_ = version;
    changed_ = now;
  }
  holder_ = text_at(lease, "/spec/holderIdentity");
  if (holder_ == identity_) return Move::kRenew;
  renewed_.reset();
  if (holder_.empty()) return Move::kTake;
  // The holder's own promise, where it is another than ours.
  const auto promised =
      number_at(lease, "/spec/leaseDurationSeconds").value_or(times_.lease.count());
  return now - changed_ >= std::chrono::seconds(promised) ? Move::kTake : Move::kNothing;
}

Json Election::record(Move move, const Json& lease, WallTime wall) const {
  Json written = lease.is_object() ? lease : Json::object();
  Json& spec = written["spec"];
  const std::string time = format_micro_time(wall);
  spec["holderIdentity"] = identity_;
  spec["leaseDurationSeconds"] = times_.lease.count();
  spec["renewTime"] = time;
  if (move == Move::kRenew) return written;
  spec["acquireTime"] = time;
  spec["leaseTransitions"] = number_at(written, "/spec/leaseTransitions").value_or(-1) + 1;
  return written;
}

void Election::wrote(const Json& lease, Instant sent) {
  version_ = text_at(lease, "/metadata/resourceVersion");
  changed_ = sent;
  holder_ = identity_;
  renewed_ = sent;
}

Json Election::release(const Json& lease, WallTime wall) const {
  Json written = lease;
  Json& spec = written["spec"];
  spec["holderIdentity"] = "";
  spec["leaseDurationSeconds"] = 1;
  spec["renewTime"] = format_micro_time(wall);
  return written;
}

}  // namespace duress::kube
