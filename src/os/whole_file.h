// A file that is written whole or not at all, and never over one that is somebody else's. Into
// what is no regular file (a terminal, a pipe, /dev/null) it is written as it is. Functions; any
// thread.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace duress::os {

struct Replacing {
  // Whether a file that begins so may be replaced; an empty one always.
  std::function<bool(std::string_view beginning)> may{};
  std::string refusal{};  // why else not, and what to do: behind the path
};

// kRefused where there is a file that may not be replaced, or a directory.
[[nodiscard]] Result<> write_whole(const std::string& path, std::string_view text,
                                   const Replacing& replacing);

}  // namespace duress::os
