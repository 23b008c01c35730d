// What the administrator lets no experiment do, whatever it asks for and whoever asks: which Pods
// are never stressed, and how many targets an experiment may have. It holds nothing to it by
// itself (assign.h and decide.h ask). Plain values and pure functions; any thread.
#pragma once

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "controller/pod_view.h"

namespace duress::controller {

struct Target;

struct Bounds {
  bool node_critical = false;  // may be stressed, as the two below
  bool static_pods = false;
  bool host_pid = false;
  std::size_t targets = 0;                   // of one experiment, at most; 0: any number
  std::set<std::string> protected_spaces{};  // namespaces that are never stressed
};

// Why a Pod is not stressed, and who can change that; empty: it may be.
[[nodiscard]] std::string refusal_by(const Bounds& bounds, const PodView& pod);

// Of too many targets none is begun: where none of them runs (`running`: their keys) nothing is
// left, else what runs goes on and each of the others gets a refusal. Returns what to tell; empty:
// they are not too many.
[[nodiscard]] std::string refuse_too_many(const Bounds& bounds,
                                          const std::set<std::string>& running,
                                          std::vector<Target>& targets);

}  // namespace duress::controller
