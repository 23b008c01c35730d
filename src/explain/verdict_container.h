// How often the container ended in a recording, and what the recording can prove of why: the OOM
// killer, a failing liveness or startup probe, or something that it does not show. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explain/verdict_kills.h"

namespace duress::explain::judging {

enum class Cause {
  kOomKill,  // the application was killed in that moment, alone or with its group
  kProbe,    // it had failed at least three times in a row, or the event says so
  kOther,
};

struct ContainerEnd {
  Duration at{0};
  std::optional<int> code{};
  Cause cause = Cause::kOther;
  std::string probe{};  // "liveness", "startup": the one that failed before
  int failures = 0;     // in a row
  Duration first_failure{0};
  Duration last_failure{0};
  std::string failure{};  // what the last failure said
  std::string said{};     // by whoever ended it, or by the load
  bool named = false;     // an event names the probe as the reason
  bool restarted = false;
};

struct Container {
  std::vector<ContainerEnd> ends{};
  bool load_ended_with_it = false;  // says the load
  [[nodiscard]] int restarts() const;
};

[[nodiscard]] Container container_of(const Facts& facts, const Kills& kills);

// "exit code 137 (SIGKILL)", "exit code 1", "an exit code that was not recorded".
[[nodiscard]] std::string exit_of(const std::optional<int>& code);

}  // namespace duress::explain::judging
