// The one table of what a user can set on a load: the flags of `duress run` and the fields of a
// manifest both go through it, so that both refuse the same values with the same words. It holds
// no rule that takes several fields to tell (validate.h has those). Constant; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "spec/load.h"
#include "spec/problem.h"

namespace duress::spec {

// How a value is written; a schema needs to know.
enum class FieldKind {
  kChoice,
  kInteger,
  kSize,
  kRate,
  kSizeOrPercent,
  kSizeOrShare,  // of all: 100 % at most
  kPercent,
  kTime,
  kSwitch,
};

struct Field {
  std::string_view flag;       // "--memory"
  std::string_view path;       // below spec.stressors: "memory.size"; of a guard below spec
  std::string_view value;      // what help shows: "SIZE|PERCENT"; empty for a switch
  std::string_view help;       // one line
  std::string_view allowed;    // "1 to 1024"
  bool is_switch = false;      // as a flag it takes no value; "true" is what it sets
  bool needs_cluster = false;  // nothing on one machine could tell
  FieldKind kind = FieldKind::kChoice;
  std::int64_t least = 0;  // of an integer; of a size or time, 1 where none is not allowed
  std::int64_t most = 0;   // of an integer

  // Makes the load if there is none, and changes nothing when it refuses. The message reads on
  // behind a name and a colon: "0 is not allowed: 1 to 1024".
  Result<> (*set)(Stressors& loads, std::string_view text) = nullptr;

  // What `set` would take to make it so again; unset where the default holds.
  std::optional<std::string> (*text)(const Stressors& loads) = nullptr;
};

[[nodiscard]] std::string name_of(OomPolicy policy);

// In the order of the help.
[[nodiscard]] std::span<const Field> fields();

// "spec.stressors.memory.size", "spec.guards.restarts"
[[nodiscard]] std::string manifest_path(std::string_view path);

[[nodiscard]] const Field* field_by_flag(std::string_view flag);

// Also by the other name of a field: memory.ramp is memory.time.
[[nodiscard]] const Field* field_by_path(std::string_view path);

// Takes away the guards that only a cluster can tell, and says which: "spec.guards.restarts".
std::vector<std::string> drop_cluster_guards(Stressors& loads);

// Sets one field; what is wrong comes back under `name`, a flag or a full path.
[[nodiscard]] std::optional<Problem> set_field(Stressors& loads, const Field& field,
                                               std::string_view text, std::string_view name);

}  // namespace duress::spec
