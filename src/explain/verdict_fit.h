// Whether the application would have fitted below its limit without what Duress held, at the moment
// of a kill: what tells a kill by the stress from one by the application's own growth. Pure; any
// thread.
#pragma once

#include <optional>
#include <string>

#include "explain/verdict_facts.h"

namespace duress::explain::judging {

enum class Blame {
  kStress,   // without the load it would have fitted
  kItself,   // it would not have, or would not for long
  kUnknown,  // the recording has no look before the kill
};

struct Fit {
  Blame blame = Blame::kUnknown;
  bool load = false;             // for memory, was asked for
  bool measured = false;         // there was a look before
  std::optional<Bytes> limit{};  // of the cgroup whose limit it was
  Bytes usage{};                 // at the kill
  Bytes held{};                  // by Duress
  Bytes own{};                   // the rest
  Bytes grown{};                 // what the rest had grown by in the half minute before
  bool load_growing = false;     // Duress wanted more than it held
  bool shared_limit = false;     // a limit above the target's own, or the node's memory
};

[[nodiscard]] Fit fit_at(const Facts& facts, const observe::Event& kill);
// Of a kill that only the counter tells of.
[[nodiscard]] Fit fit_at(const Facts& facts, Duration at);

// "Duress held 300 MiB, and without them the application's own 200 MiB would have fitted": a clause
// that says what the blame rests on.
[[nodiscard]] std::string reason_of(const Fit& fit);
// The figures with their files.
[[nodiscard]] std::string evidence_of(const Facts& facts, const Fit& fit, Duration at);

}  // namespace duress::explain::judging
