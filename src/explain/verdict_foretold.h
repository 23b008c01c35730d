// Whether what was foretold came true: the forecast's answer held against what the recording shows.
// It makes no forecast (forecast.h). Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "explain/verdict_case.h"

namespace duress::explain::judging {

struct Comparison {
  std::optional<bool> came_true{};  // unset: nothing was foretold, or it was not put to the test
  std::string words{};              // "" where nothing was foretold
};

[[nodiscard]] Comparison compare_with_forecast(const Case& the);

}  // namespace duress::explain::judging
