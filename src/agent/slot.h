// A place for a load: a container of an experiment by its name, whatever ID it has now. It holds no
// load. Plain value; any thread.
#pragma once

#include <compare>
#include <string>

#include "spec/node_stress.h"

namespace duress::agent {

struct Slot {
  std::string experiment{};  // UID
  std::string ns{};
  std::string pod{};
  std::string container{};

  friend auto operator<=>(const Slot&, const Slot&) = default;
};

[[nodiscard]] inline Slot slot_of(const std::string& experiment,
                                  const spec::ContainerOrder& container) {
  return {experiment, container.ns, container.pod, container.container};
}

}  // namespace duress::agent
