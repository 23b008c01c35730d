// What the sources of Node share. Not for others.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "agent/node.h"

namespace duress::agent {

struct Node::Load {
  std::uint64_t number;
  Slot slot;
  std::string container_id;
  std::uint64_t content;
  std::optional<WallTime> deadline;
  LoadOutput output;
  std::shared_ptr<os::Fd> recording;  // null: it is not recorded
  Instant began;
  bool stopping = false;
  bool over_time = false;  // that is why
  bool begun = false;      // it has told that its workers are placed, or its end
  bool silent = false;     // it was killed
  std::string why{};       // we end it
  std::int64_t kills = 0;
  bool preflight = false;
  kube::Handle heard{};
  kube::Handle ends{};
  kube::Handle patience{};
};

}  // namespace duress::agent
