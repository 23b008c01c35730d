// Which subcommand is meant; everything else is theirs.
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "cli/agent.h"
#include "cli/controller.h"
#include "cli/crds.h"
#include "cli/doctor.h"
#include "cli/explain.h"
#include "cli/preflight.h"
#include "cli/record.h"
#include "cli/rehearse.h"
#include "cli/report.h"
#include "cli/run.h"
#include "cli/top.h"
#include "cli/uninstall.h"
#include "kubectl/plugin.h"

namespace {

struct Subcommand {
  std::string_view name;
  std::string_view help;
  int (*main)(const std::vector<std::string>&);
};

constexpr Subcommand kSubcommands[] = {
    {"run", "stress one container, process or cgroup of this machine", duress::cli::run},
    {"rehearse", "run Pods on this machine as a kubelet would, with experiments on them",
     duress::cli::rehearse},
    {"explain", "what happened to a target and why, from its recording", duress::cli::explain},
    {"top", "what each container uses, and how near its limit it is", duress::cli::top},
    {"preflight", "what a load would do: headroom, who would be killed, what follows",
     duress::cli::preflight},
    {"record", "write down what happens to a target", duress::cli::record},
    {"report", "recordings as one HTML page", duress::cli::report},
    {"doctor", "what this machine allows, and what earlier runs left behind", duress::cli::doctor},
    {"kubectl", "experiments of a cluster; the same as kubectl duress", duress::kubectl::plugin},
    {"crds", "the custom resources that a cluster needs, and the reference of their fields",
     duress::cli::crds},
    {"uninstall", "release all stress of a cluster before Duress goes from it",
     duress::cli::uninstall},
    {"controller", "serve the StressChaos experiments of a cluster", duress::cli::controller},
    {"agent", "what a node's experiments ask for, on its containers (Kubernetes)",
     duress::cli::agent},
};

void usage(std::FILE* out) {
  std::fputs("duress puts exact, safe, explained CPU and memory stress on containers\n\n", out);
  for (const Subcommand& subcommand : kSubcommands) {
    std::fprintf(out, "  duress %-10s %s\n", std::string(subcommand.name).c_str(),
                 std::string(subcommand.help).c_str());
  }
  std::fputs("\nduress SUBCOMMAND --help tells more.\n", out);
}

// kubectl finds its plugins by this name.
bool is_plugin(std::string_view program) {
  return program.substr(program.rfind('/') + 1) == "kubectl-duress";
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (argc > 0 && is_plugin(argv[0])) return duress::kubectl::plugin(words);
  if (words.empty()) {
    usage(stderr);
    return 2;
  }
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help") {
    usage(stdout);
    return 0;
  }
  if (words[0] == "--version") {
    std::puts("duress " DURESS_VERSION);
    return 0;
  }
  std::vector<std::string_view> names;
  for (const Subcommand& subcommand : kSubcommands) {
    if (subcommand.name == words[0]) return subcommand.main({words.begin() + 1, words.end()});
    names.push_back(subcommand.name);
  }
  const auto near = duress::nearest(words[0], names);
  std::fprintf(
      stderr, "unknown subcommand %s%s\n", duress::quoted(words[0]).c_str(),
      near ? (": did you mean " + std::string(*near) + "?").c_str() : ": see duress --help");
  return 2;
}
