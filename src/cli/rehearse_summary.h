// What came of a rehearsal: of each container its fate and the verdict, and the exit code of the
// whole; as a table, as JSON and as JUnit's XML for a pipeline. It judges nothing that
// explain/verdict.h has judged. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/qos.h"
#include "base/text.h"
#include "base/units.h"
#include "explain/verdict.h"
#include "observe/recording.h"

namespace duress::cli {

enum class Fate {
  kSurvived,   // the same process from the first load to the end
  kRestarted,  // it ended while under stress, and was started anew or not
  kKilled,     // by the OOM killer
  kNeverReady  // it was not fit to be put to the test
};
[[nodiscard]] std::string_view name_of(Fate fate);  // "survived": as in JSON

// Stable: docs/rehearse.md.
enum class RehearseExit : int {
  kSurvived = 0,
  kFailed = 1,
  kUsage = 2,
  kRefused = 3,
  kLeftBehind = 7,
  kKilled = 11,
  kRestarted = 12,
  kNeverReady = 13,
};

struct ContainerResult {
  std::string ns{};
  std::string pod{};
  std::string container{};
  QosClass qos = QosClass::kBestEffort;
  int oom_score_adj = 0;
  bool stressed = false;
  Fate fate = Fate::kSurvived;
  int restarts = 0;                // since the experiments began
  std::optional<int> exit_code{};  // of the last end
  std::string reason{};            // "OOMKilled", "Error"
  Bytes peak{};
  std::optional<Bytes> limit{};
  std::string foretold{};   // "oom": Foretold::answer; "" where nothing was
  std::string recording{};  // its file; "" where none is kept
  explain::Verdict verdict{};
};

struct RehearsalResult {
  Duration lasted{0};
  std::vector<ContainerResult> containers{};
  std::vector<std::string> failures{};     // of loads that could not be put on, of the rehearsal
  std::vector<std::string> left_behind{};  // sentences; empty: nothing is
};

// What the states and the verdict together say. `was_ready`: before the experiments began.
[[nodiscard]] Fate fate_of(const explain::Verdict& verdict, int restarts, bool ended,
                           bool was_ready);

[[nodiscard]] RehearseExit exit_code(const RehearsalResult& result);

[[nodiscard]] std::string summary_text(const RehearsalResult& result);
[[nodiscard]] nlohmann::ordered_json summary_json(const RehearsalResult& result);
// One test case a container that was stressed; a failure where it did not survive.
[[nodiscard]] std::string junit_text(const RehearsalResult& result);

}  // namespace duress::cli
