// A verdict for people, in the columns there are, and for programs, under the names of
// docs/json.md. It says what the verdict says and adds nothing. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "explain/verdict.h"

namespace duress::render {

// The sentence, the evidence, what else holds, what to change, what was foretold, the time line.
[[nodiscard]] std::string verdict_text(const explain::Verdict& verdict, std::size_t columns);

[[nodiscard]] nlohmann::ordered_json verdict_json(const explain::Verdict& verdict);

}  // namespace duress::render
