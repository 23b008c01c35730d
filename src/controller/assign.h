// Which containers an experiment means now: its selection among the Pods there are, with the draw
// of before kept, so that only the difference is drawn or dropped. It orders nothing (orders.h
// does). Pure; any thread.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "controller/bounds.h"
#include "controller/pod_view.h"
#include "spec/manifest.h"

namespace duress::controller {

struct Target {
  std::string ns{};
  std::string pod{};
  std::string pod_uid{};
  std::string node{};
  std::string container{};
  std::string id{};       // as ContainerView has it
  std::string refusal{};  // not empty: why it is never stressed, and what to do

  // As Chaos Mesh's records: "namespace/pod/container".
  [[nodiscard]] std::string key() const { return ns + "/" + pod + "/" + container; }
};

struct Assignment {
  std::vector<Target> targets{};  // in the order of their keys
  // Where there is no target: why, and what to do. Beside targets: what did not fit.
  std::string problem{};
};

struct AssignInput {
  const spec::Manifest& manifest;
  const std::string& own_namespace;
  const Inventory& inventory;
  const std::set<std::string>& drawn;  // "namespace/pod" of before
  std::uint64_t seed = 0;
  bool namespace_filter = false;  // only in namespaces that are open
  const Bounds& bounds;
};

// `mode` counts Pods. A Pod that is being deleted is never drawn, but keeps its slot until its
// containers have ended; one that comes again by the same name takes the slot of its predecessor.
[[nodiscard]] Assignment assign(const AssignInput& input);

}  // namespace duress::controller
