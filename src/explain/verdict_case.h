// One recording as it lies before the judge, and what each finding has to say for itself. A finding
// that does not hold says nothing; which of those that hold decides is verdict.cpp's. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explain/verdict.h"
#include "explain/verdict_container.h"
#include "explain/verdict_facts.h"
#include "explain/verdict_kills.h"
#include "explain/verdict_sawtooth.h"

namespace duress::explain::judging {

struct Case {
  Facts facts;
  Kills kills;
  Sawtooth sawtooth;
  Container container;
};
[[nodiscard]] Case open_case(const observe::Recording& recording);

struct Candidate {
  Finding finding = Finding::kFine;
  Severity severity = Severity::kNotice;
  Duration at{0};          // when it began to hold
  std::string sentence{};  // where it decides
  std::string also{};      // where another does
  std::vector<std::string> evidence{};
  std::vector<std::string> advice{};
};
using Maybe = std::optional<Candidate>;

// verdict_oom.cpp
[[nodiscard]] Maybe group_killed(const Case& the);
[[nodiscard]] Maybe application_killed(const Case& the);
[[nodiscard]] Maybe stressor_killed(const Case& the);
[[nodiscard]] Maybe stressor_ended(const Case& the);
[[nodiscard]] Maybe unnamed_killed(const Case& the);
[[nodiscard]] Maybe outsider_killed(const Case& the);
// verdict_end.cpp
[[nodiscard]] Maybe restarted_by_probe(const Case& the);
[[nodiscard]] Maybe container_ended(const Case& the);
[[nodiscard]] Maybe supervisor_killed(const Case& the);
[[nodiscard]] Maybe cut_off(const Case& the);
[[nodiscard]] Maybe guard(const Case& the);
[[nodiscard]] Maybe load_failed(const Case& the);
// verdict_pressure.cpp
[[nodiscard]] Maybe thrashing(const Case& the);
[[nodiscard]] Maybe throttled(const Case& the);
[[nodiscard]] Maybe node_short(const Case& the);
// verdict_level.cpp
[[nodiscard]] Maybe not_reached(const Case& the);
[[nodiscard]] Maybe limit_changed(const Case& the);
[[nodiscard]] Candidate nothing_wrong(const Case& the);

// Whether the load came to what was asked for, and stayed there.
struct Level {
  bool asked = false;  // for memory
  bool reached = false;
  bool kept = true;  // no less was held in more than a twentieth of the time after
  std::optional<Duration> at{};
  Bytes most{};   // held
  Bytes least{};  // held, after it was reached
};
[[nodiscard]] Level level_of(const Facts& facts);

// Evidence that many findings share: what the load said of its end, and with what this was seen.
[[nodiscard]] std::string end_told(const Facts& facts);
// "oom_kill of memory.events rose by 3", "... did not rise".
[[nodiscard]] std::string rise_of_kills(const Case& the);
// "usage stood at 499 MiB of 500 MiB (100 %)", "" without a look before.
[[nodiscard]] std::string usage_at(const Facts& facts, Duration at);

}  // namespace duress::explain::judging
