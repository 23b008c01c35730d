// `duress doctor`: what this machine allows, and what earlier runs left behind, in one screen. It
// changes nothing unless
// --fix is given, and then only what a killed run of Duress left. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// Exit code: 0 all is well, 1 something is left or cannot be removed, 2 usage, 3 stress is not
// possible here.
[[nodiscard]] int doctor(const std::vector<std::string>& arguments);

}  // namespace duress::cli
