// What both `run` and `preflight` look at before anything is started: the target, the plan for it,
// and what that plan will do. It wires locate, observe, plan and forecast together and prints
// nothing. One thread.
#pragma once

#include <map>
#include <optional>

#include "base/error.h"
#include "explain/forecast.h"
#include "os/machine.h"
#include "stress/observe.h"

namespace duress::cli {

[[nodiscard]] Result<stress::Observed> observe_target(const cgroup::Target& target,
                                                      const os::MemoryInfo& memory);

struct Foretelling {
  explain::Scene scene{};
  explain::Load load{};
  explain::Forecast forecast{};
};

// Unset: the plan has no memory load, and nobody dies of a CPU load. `grows_to`: as in
// explain::Scene.
[[nodiscard]] Result<std::optional<Foretelling>> foretell(
    const cgroup::Target& target, const stress::Observed& observed, const stress::Plan& plan,
    const os::MemoryInfo& memory, const std::map<pid_t, Bytes>& grows_to = {});

}  // namespace duress::cli
