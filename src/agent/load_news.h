// What `duress run -o jsonl` tells, a line each, and `duress preflight -o json` in one
// (docs/json.md), as values. It reads no pipe and keeps nothing. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/units.h"
#include "observe/recording.h"
#include "spec/preflight_report.h"

namespace duress::agent {

struct LoadPlanned {
  observe::LoadPlan plan{};
  std::optional<observe::Foretold> foretold{};
};
struct LoadStarted {};  // the workers are placed
struct LoadSampled {
  std::optional<Bytes> asked{};
  std::optional<Bytes> held{};
  std::optional<Cores> cpu_asked{};
  std::optional<Cores> cpu_got{};
  std::optional<Bytes> usage{};  // of the target, as all below
  std::optional<Bytes> working_set{};
  std::optional<Bytes> limit{};
  std::int64_t oom_kills = 0;  // since the load's start
  std::int64_t throttled = 0;  // periods, likewise
  std::int64_t kills = 0;      // of workers
};
struct LoadReached {};
struct LoadTold {
  std::string what{};
};
struct LoadOver {
  observe::LoadEnd end{};
  int exit_code = 0;
  std::int64_t oom_kills = 0;
  bool silent = false;  // it was ended without a word: what it held is freed by its warden
};
// All that a preflight tells; nothing follows it.
struct LoadForetold {
  std::optional<Bytes> asked{};  // on top of what is there
  std::optional<Bytes> usage{};  // of the target, as all below
  std::optional<Bytes> working_set{};
  std::optional<Bytes> limit{};
  std::string sentence{};
  spec::PreflightReport told{};
};
using LoadNews = std::variant<LoadPlanned, LoadStarted, LoadSampled, LoadReached, LoadTold,
                              LoadOver, LoadForetold>;

// Unset: a line of another kind, or no JSON at all.
[[nodiscard]] std::optional<LoadNews> parse_load_line(std::string_view line);

}  // namespace duress::agent
