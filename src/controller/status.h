// What an experiment's users read of it: the status of a StressChaos as a value, to and from JSON.
// The fields that Chaos Mesh has mean what they mean there; `measured` and what is above the
// experiment's own part are ours. It decides nothing (progress.h does). Plain values and pure
// functions; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/json.h"
#include "spec/node_stress.h"

namespace duress::controller {

using kube::Json;

struct Condition {
  std::string type{};
  bool is_true = false;
  std::string reason{};
  std::string message{};
  WallTime since{};  // of is_true
  std::int64_t generation = 0;

  friend bool operator==(const Condition&, const Condition&) = default;
};

struct RecordEvent {
  std::string type{};       // "Succeeded", "Failed"
  std::string operation{};  // "Apply", "Recover"
  std::string message{};
  WallTime at{};

  friend bool operator==(const RecordEvent&, const RecordEvent&) = default;
};

inline constexpr std::size_t kMostRecordEvents = 3;

struct Record {
  std::string id{};  // "namespace/pod/container"
  bool injected = false;
  std::int64_t injected_count = 0;
  std::int64_t recovered_count = 0;
  std::vector<RecordEvent> events{};  // the last ones
  // What the agent reports, and where there is no report, at most a message.
  spec::ContainerReport measured{};

  friend bool operator==(const Record&, const Record&) = default;
};

struct Status {
  std::int64_t generation = 0;  // of the experiment that this is about; 0: there is no status yet
  std::string phase{};          // "Running"
  bool run = true;              // desiredPhase
  std::vector<Condition> conditions{};
  std::vector<Record> records{};  // in the order of their ids
  std::int64_t targets = 0;
  std::int64_t injected = 0;
  std::string asked{};
  std::string got{};

  friend bool operator==(const Status&, const Status&) = default;
};

[[nodiscard]] const Condition* condition_of(const Status& status, std::string_view type);
[[nodiscard]] bool is_true(const Status& status, std::string_view type);
[[nodiscard]] const Record* record_of(const Status& status, std::string_view id);

// An object in etcd has 1.5 MiB at most: beyond kMostWhole targets only the worst kWorst tell all,
// beyond kMostRecords only they are there.
inline constexpr std::size_t kMostWhole = 500;
inline constexpr std::size_t kMostRecords = 2000;
inline constexpr std::size_t kWorst = 100;
[[nodiscard]] Json status_json(const Status& status);
[[nodiscard]] Status read_status(const Json& status);

// How soon a change has to be told.
enum class Change {
  kNone,
  kNumbers,   // measured figures, by more than 1 % or 1 MiB
  kCounters,  // kills, restarts, verdicts, messages
  kState,     // phases, conditions, counts
};
[[nodiscard]] Change difference(const Status& told, const Status& now);

}  // namespace duress::controller
