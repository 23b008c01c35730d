// `duress agent`: from the command line to the exit code. It brings the launcher up, gives its own
// rights up, and runs the daemon (agent/daemon.h); it decides only what is wrong with the command
// line. One thread.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/text.h"

namespace duress::cli {

struct AgentArguments {
  std::string node{};
  std::string kubeconfig{};  // empty: this Pod's, else the usual ones
  std::string context{};
  Duration disconnected_for = std::chrono::seconds(60);
  std::string container_logs = "/var/log/containers";
  bool container_logs_given = false;
  std::string run_directory = "/run/duress";
  std::optional<std::string> recordings{};  // unset: below the run directory; empty: none
  std::string metrics{};                    // where to listen; empty: nowhere
  std::optional<std::variant<Bytes, Percent>> most_memory{};  // of all loads; percent of the node's
  std::size_t most_fills = 0;
  bool help = false;
};

// kUsage, one line for each thing that is wrong.
[[nodiscard]] Result<AgentArguments> parse_agent_arguments(
    const std::vector<std::string>& arguments, const std::string& node_name);

// `arguments` without the program's and the subcommand's name. Returns the exit code.
[[nodiscard]] int agent(const std::vector<std::string>& arguments);

}  // namespace duress::cli
