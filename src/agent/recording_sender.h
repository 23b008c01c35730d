// Hands out the recordings that were asked for, an object for each container of an order: one write
// at a time, with a pause between, so that many nodes that are asked at once do not flood the API
// server. It reads no file (the node does) and removes no object (the controller does). Owned by
// the daemon; one thread, told from within the reactor's turn.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "kube/client.h"
#include "kube/custom_resources.h"
#include "spec/recording_object.h"

namespace duress::agent {

class RecordingSender final {
 public:
  struct Calls {
    // Of each container of the experiment's order, all but the bytes.
    std::function<std::vector<spec::RecordingObject>(const std::string& experiment)> list;
    // The bytes, or why there are none.
    std::function<void(spec::RecordingObject&)> read;
    std::function<void(const std::string&)> say;
  };
  static constexpr std::size_t kMostAtOnce = 256;
  static constexpr auto kPause = std::chrono::milliseconds(100);
  static constexpr auto kMostJitter = std::chrono::milliseconds(300);

  RecordingSender(kube::Client& client, Calls calls) : client_(client), calls_(std::move(calls)) {}
  RecordingSender(const RecordingSender&) = delete;
  RecordingSender& operator=(const RecordingSender&) = delete;
  ~RecordingSender() = default;

  // `asked` names the request: the same one is answered once.
  void asked(const std::string& experiment, WallTime asked);
  void gone(const std::string& experiment);

 private:
  void next();
  void sent(const kube::Answer<kube::Json>& answer);

  kube::Client& client_;
  Calls calls_;
  std::map<std::string, WallTime> answered_;  // by experiment
  std::deque<spec::RecordingObject> queue_;
  std::string trouble_;  // the last one told
  kube::Pending pending_;
  kube::Handle timer_;
};

}  // namespace duress::agent
