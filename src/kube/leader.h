// Takes part in an election by a Lease object for as long as it lives, and tells when this process
// begins and ends to lead. It stops leading by its own clock when it cannot renew, before another
// may begin. One thread; told from within the reactor's turn.
#pragma once

#include <functional>
#include <string>

#include "kube/client.h"
#include "kube/election.h"

namespace duress::kube {

struct LeaderCalls {
  std::function<void()> on_leading{};
  std::function<void()> on_lost{};
  std::function<void(const ApiError&)> on_trouble{};
};

class Leader final {
 public:
  Leader(Client& client, Place lease, std::string identity, ElectionTimes times, LeaderCalls calls);
  Leader(const Leader&) = delete;
  Leader& operator=(const Leader&) = delete;
  ~Leader() = default;

  [[nodiscard]] bool leads() const { return leads_; }
  [[nodiscard]] const std::string& holder() const { return election_.holder(); }
  // Gives the lease back where it is ours, and takes no further part.
  void release(std::function<void()> done);

 private:
  void look();
  void saw(Answer<Json> lease);
  void write(Election::Move move, const Json& lease);
  void wrote(Answer<Json> lease, Instant sent);
  void again();
  void check();

  Client& client_;
  Place lease_;
  LeaderCalls calls_;
  Election election_;
  Json last_;  // as last read or written
  bool leads_ = false;
  bool released_ = false;
  Pending pending_;
  Handle next_;
  Handle expiry_;
};

}  // namespace duress::kube
