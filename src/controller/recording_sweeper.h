// Removes the objects of recordings when their time is over: what there is when it begins, whoever
// had them made, and what is asked for later. It keeps no list of them: it looks, and knows when to
// look again. Owned by the controller that leads; one thread, in its reactor.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "kube/client.h"
#include "kube/custom_resources.h"

namespace duress::controller {

class RecordingSweeper final {
 public:
  struct Calls {
    std::function<WallTime()> now{};  // by the API server's clock
    std::function<void(const kube::ApiError&)> on_trouble{};
  };
  // `ns`: where; empty: everywhere. `kept`: how long an object stays.
  RecordingSweeper(kube::Client& client, std::string ns, Duration kept, Calls calls)
      : client_(client), ns_(std::move(ns)), kept_(kept), calls_(std::move(calls)) {}
  RecordingSweeper(const RecordingSweeper&) = delete;
  RecordingSweeper& operator=(const RecordingSweeper&) = delete;
  ~RecordingSweeper() = default;

  void begin();
  void rest();
  // Some are being made now.
  void asked();

 private:
  void look_at(Instant at);
  void list(const std::string& from);
  void listed(const kube::Answer<kube::Json>& page);
  void remove_next();
  void removed(const kube::Answer<kube::Json>& answer);
  void done();

  kube::Client& client_;
  std::string ns_;
  Duration kept_;
  Calls calls_;
  struct Over {
    kube::Place place;
    std::string uid;
  };
  std::vector<Over> over_;
  std::optional<WallTime> next_;  // when the first of the others is over
  bool works_ = false;
  Instant look_at_{};
  kube::Handle timer_;
  kube::Pending pending_;
};

}  // namespace duress::controller
