// A forecast as JSON: the short form in the plan of a run, the whole in preflight's answer. Names
// and units stand in docs/json.md and do not change. Pure; any thread.
#pragma once

#include <nlohmann/json.hpp>

#include "explain/forecast.h"

namespace duress::cli {

[[nodiscard]] nlohmann::ordered_json foretold_json(const explain::Forecast& forecast);
[[nodiscard]] nlohmann::ordered_json forecast_json(const explain::Forecast& forecast);

}  // namespace duress::cli
