// How a running rehearsal looks on a terminal: lines for render::Screen. It measures and draws
// nothing itself. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "cli/rehearse_sight.h"

namespace duress::cli {

struct ViewOptions {
  int columns = 80;
  int rows = 24;
  bool colour = false;
  bool utf8 = true;
};

[[nodiscard]] std::vector<std::string> rehearse_lines(const RehearsalSight& sight,
                                                      const ViewOptions& options);

// "Running 12s", "CrashLoopBackOff 8s", "Terminating".
[[nodiscard]] std::string state_text(const rehearse::ContainerState& container, Instant now);

// "liveness ok, readiness failing 2x"; "" without probes.
[[nodiscard]] std::string probes_text(const rehearse::ContainerState& container);

}  // namespace duress::cli
