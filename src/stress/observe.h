// What there is to see of a target and of this machine's rights, taken once before a plan is made.
// It starts and changes nothing. One thread.
#pragma once

#include <string>

#include "base/error.h"
#include "cgroup/target.h"
#include "stress/plan.h"

namespace duress::stress {

struct Rights {
  bool ipc_lock = false;
  bool sys_resource = false;
  bool sys_nice = false;
};

struct Machine {
  std::string proc = "/proc";
  Bytes total{};
  Bytes available{};
  int cpus = 1;
  Rights rights;
};

[[nodiscard]] Result<Observed> observe(const cgroup::Target& target, const Machine& machine);

}  // namespace duress::stress
