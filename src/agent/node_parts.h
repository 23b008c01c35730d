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
  std::optional<Bytes> at_most{};  // that it was allowed of memory
  std::optional<Bytes> claim{};    // what it may come to hold; unset: it has not told
  bool fills = false;              // it does not hold yet what it is to hold
  std::optional<Bytes> held{};     // as told last
  kube::Handle heard{};
  kube::Handle ends{};
  kube::Handle patience{};

  // What it takes of the node's bounds. True: that has changed.
  [[nodiscard]] bool hear_bounds(const LoadNews& news);
  // It asks for more than it was allowed: it was refused, and never holds any of it.
  [[nodiscard]] bool is_beyond() const { return at_most && claim && *claim > *at_most; }
};

}  // namespace duress::agent
