// Values of flags that several commands take, read with the same refusal. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>

#include "base/error.h"
#include "base/text.h"

namespace duress::cli {

// How many at most, of whatever the flag counts. 0: any number.
[[nodiscard]] inline Result<std::size_t> parse_most(const std::string& flag,
                                                    const std::string& value) {
  const auto number = parse_integer(value);
  if (number && *number >= 0) return static_cast<std::size_t>(*number);
  return fail(Code::kUsage,
              flag + ": " + quoted(value) + " is not allowed: a whole number, or 0 for any number");
}

}  // namespace duress::cli
