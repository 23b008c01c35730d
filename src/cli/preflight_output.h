// How a preflight looks: tables for people, one JSON object for programs (docs/json.md). It decides
// nothing. One thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/foretell.h"
#include "explain/consequences.h"

namespace duress::cli {

struct PreflightTold {
  const cgroup::Target& target;
  const stress::Observed& observed;
  const stress::Plan& plan;
  const Foretelling* foretelling = nullptr;  // null: no memory load
  const explain::Surroundings& around;
  const explain::Consequences* consequences = nullptr;
  std::string pod_uid{};
  int exit_code = 0;
};

[[nodiscard]] std::string preflight_text(const PreflightTold& told);
[[nodiscard]] std::string preflight_json(const PreflightTold& told);

}  // namespace duress::cli
