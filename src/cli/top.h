// `duress top`: a live table of what the machine's containers use, or the same as text or JSON. It
// looks, and changes nothing. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Exit code: 0 done, 1 failed, 2 usage, 3 what was named is not there, or no cgroup tree is.
[[nodiscard]] int top(const std::vector<std::string>& arguments);

}  // namespace duress::cli
