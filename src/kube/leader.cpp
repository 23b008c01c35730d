#include "kube/leader.h"

namespace duress::kube {

Leader::Leader(Client& client, Place lease, std::string identity, ElectionTimes times,
               LeaderCalls calls)
    : client_(client),
      lease_(std::move(lease)),
      calls_(std::move(calls)),
      election_(std::move(identity), times) {
  look();
}

void Leader::look() {
  pending_ = client_.get(lease_, [this](Answer<Json> lease) { saw(std::move(lease)); });
}

void Leader::saw(Answer<Json> lease) {
  const bool is_missing = !lease && lease.error().reason == Reason::kNotFound;
  if (!lease && !is_missing) {
    if (calls_.on_trouble) calls_.on_trouble(lease.error());
    return again();
  }
  last_ = is_missing ? Json(nullptr) : std::move(*lease);
  const Election::Move move = election_.saw(last_, client_.reactor().now());
  check();
  if (move == Election::Move::kNothing) return again();
  write(move, last_);
}

void Leader::write(Election::Move move, const Json& lease) {
  const Instant sent = client_.reactor().now();
  Json record = election_.record(move, lease, client_.reactor().clock().wall());
  auto done = [this, sent](Answer<Json> written) { wrote(std::move(written), sent); };
  if (move != Election::Move::kCreate) {
    pending_ = client_.replace(lease_, record, std::move(done));
    return;
  }
  record["apiVersion"] = "coordination.k8s.io/v1";
  record["kind"] = "Lease";
  record["metadata"] = {{"name", lease_.name}, {"namespace", lease_.ns}};
  pending_ = client_.create(lease_, record, std::move(done));
}

void Leader::wrote(Answer<Json> lease, Instant sent) {
  if (lease) {
    last_ = std::move(*lease);
    election_.wrote(last_, sent);
  } else {
    // Somebody was quicker: that is what elections are for.
    last_ = nullptr;
    const Reason reason = lease.error().reason;
    if (reason != Reason::kConflict && reason != Reason::kAlreadyExists && calls_.on_trouble)
      calls_.on_trouble(lease.error());
  }
  check();
  again();
}

void Leader::again() {
  if (released_) return;
  next_ = client_.reactor().after(election_.times().retry, [this] {
    // The version that we wrote ourselves is known: no need to read it again.
    if (leads_ && last_.is_object())
      write(Election::Move::kRenew, last_);
    else
      look();
  });
}

// Tells what has changed, and sees to it that the end of the lease is noticed in time.
void Leader::check() {
  const Instant now = client_.reactor().now();
  const bool leads = election_.leads(now);
  if (leads) expiry_ = client_.reactor().after(std::chrono::milliseconds(250), [this] { check(); });
  if (leads == leads_) return;
  leads_ = leads;
  const auto& call = leads ? calls_.on_leading : calls_.on_lost;
  if (call) call();
}

void Leader::release(std::function<void()> done) {
  released_ = true;
  next_.reset();
  const bool is_ours = leads_ && last_.is_object();
  election_.stop();
  check();
  if (!is_ours) {
    pending_.drop();
    return done();
  }
  const Json record = election_.release(last_, client_.reactor().clock().wall());
  pending_ =
      client_.replace(lease_, record, [done = std::move(done)](const Answer<Json>&) { done(); });
}

}  // namespace duress::kube
