// Recordings as they come from real runs, made by rule: what reports are tested and looked at with.
// Test code only.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "observe/recording.h"

namespace duress::render {

[[nodiscard]] observe::Recording calm_sample();       // 50 MiB held for a minute, nothing happened
[[nodiscard]] observe::Recording sawtooth_sample();   // 3000 MiB at a limit of 500: workers die
[[nodiscard]] observe::Recording liveness_sample();   // the probe fails, the container is restarted
[[nodiscard]] observe::Recording throttled_sample();  // CPU at a quota of half a core, with PSI
[[nodiscard]] observe::Recording hostile_sample();    // names and sentences that are markup
[[nodiscard]] observe::Recording long_sample(int hours, int looks_a_second);

// All of them that are short, by name.
[[nodiscard]] std::vector<std::pair<std::string, observe::Recording>> samples();

}  // namespace duress::render
