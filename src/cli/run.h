// `duress run`: from the command line to the exit code. It wires locate, plan, warden and engine
// together and decides only what is wrong with the command line. One thread.
#pragma once

#include <string>
#include <vector>

namespace duress::cli {

// `arguments` without the program's and the subcommand's name. Returns the exit code
// (stress/outcome.h).
[[nodiscard]] int run(const std::vector<std::string>& arguments);

}  // namespace duress::cli
