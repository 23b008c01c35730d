// `duress record`: watches one target and writes down its course, without a load. From the command
// line to the exit code; it judges nothing (`duress explain` does). One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// `arguments` without the program's and the subcommand's name. Exit codes: 0 recorded, 1 failed,
// 2 usage, 3 refused, 4 the target ended.
[[nodiscard]] int record(const std::vector<std::string>& arguments);

}  // namespace duress::cli
