// The records of an experiment, one a container: what becomes of each from what it was and what its
// node reports now. Part of progress.h. Pure; any thread.
#pragma once

#include <vector>

#include "controller/progress.h"

namespace duress::controller {

struct Records {
  std::vector<Record> all{};   // in the order of their ids
  std::int64_t targets = 0;    // those that are to be stressed
  std::int64_t failed = 0;     // of these: refused, or their load could not be started
  std::int64_t injected = 0;   // of all: under stress now
  std::int64_t answered = 0;   // of the targets: a preflight has foretold, or cannot
  std::int64_t on_target = 0;  // of the targets: under the stress that is asked for now
};
[[nodiscard]] Records next_records(const Facts& facts);

// Of a preflight: "2 safe, 1 oomApplication".
[[nodiscard]] std::string answers_text(const std::vector<Record>& records);
// For printer columns: "50 MiB, 2 workers", "50 MiB" or "48 to 50 MiB".
[[nodiscard]] std::string asked_text(const spec::Stressors& loads);
[[nodiscard]] std::string got_text(const spec::Stressors& loads,
                                   const std::vector<Record>& records);

}  // namespace duress::controller
