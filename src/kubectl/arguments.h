// The command line of `kubectl duress` as a value: which subcommand, of which experiments, in which
// cluster, and for `run` the experiment that its flags make. It asks no cluster. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "spec/load.h"
#include "spec/selection.h"

namespace duress::kubectl {

enum class Command { kHelp, kStatus, kTop, kExplain, kRun, kPreflight, kReport, kStop, kDoctor };

struct Arguments {
  Command command = Command::kHelp;
  std::string kubeconfig{};
  std::string context{};
  std::string ns{};  // empty: the context's
  bool all_namespaces = false;
  std::vector<std::string> names{};
  bool json = false;
  std::string output{};     // as it was given; of report a file's name too
  bool watch = false;       // status: live, as top
  bool all = false;         // stop: every experiment there is
  bool everything = false;  // stop: the kill switch
  bool force = false;       // stop: do not wait for what does not answer; report: overwrite
  // run and preflight:
  std::string name{};  // empty: the server makes one
  spec::Selection selection{};
  spec::Stressors loads{};
  std::optional<Duration> duration{};
  bool detach = false;  // run: leave it running
  std::string file{};   // preflight: of a manifest ("-": standard input), not of flags
};

// kUsage, one line for each thing that is wrong.
[[nodiscard]] Result<Arguments> parse_arguments(const std::vector<std::string>& words);

[[nodiscard]] std::string help();

}  // namespace duress::kubectl
