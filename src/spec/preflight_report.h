// What would become of a container under a load, as its node foretells it without putting anything
// on it: what an agent reports of a preflight, and what the experiment's status says. It foretells
// nothing itself (explain/forecast.h does). Plain value, and pure functions between it and JSON;
// any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace duress::spec {

struct PreflightReport {
  // "safe", "oom", "oomApplication", "cannotReach" as explain::Answer has them, or "refused".
  std::string answer{};
  std::string node{};
  std::string victim{};                // "worker 1", "node (4711)"; empty: nobody is killed
  std::string level{};                 // the cgroup whose limit is met; "/": the machine
  bool group = false;                  // memory.oom.group takes all that is there with the victim
  std::optional<Bytes> reaches{};      // usage with the load, or when somebody is killed
  std::optional<Bytes> oom_at{};       // more than is there now, where the OOM killer would come
  std::optional<Bytes> eviction_in{};  // memory.available above the kubelet's mark, with the load
  bool evicts = false;                 // it would be below
  std::vector<std::string> follows{};  // sentences, the weightiest first
  std::vector<std::string> advice{};

  friend bool operator==(const PreflightReport&, const PreflightReport&) = default;
};

[[nodiscard]] nlohmann::json preflight_json(const PreflightReport& report);
// Unset: it is no object, or tells no answer.
[[nodiscard]] std::optional<PreflightReport> read_preflight(const nlohmann::json& json);

// Exit codes of `duress preflight`, and of a cluster's. kRefused: or it cannot be reached.
enum class PreflightExit : int {
  kSafe = 0,
  kFailed = 1,
  kUsage = 2,
  kRefused = 3,
  kOom = 10,
  kApplication = 11
};
[[nodiscard]] PreflightExit exit_of(std::string_view answer);

}  // namespace duress::spec
