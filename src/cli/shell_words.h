// A command line in one text as the words that a shell would make of it: blanks part words, quotes
// and backslashes keep them together. It expands nothing: no variables, no patterns, no operators.
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace duress::cli {

// kUsage: a quote that is not closed, a backslash at the end, or no word at all.
[[nodiscard]] Result<std::vector<std::string>> shell_words(std::string_view text);

}  // namespace duress::cli
