// The command line of `duress run` as a value. It checks what the words mean, not whether it can be
// done. Pure but for reading the manifest's file; one thread.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cgroup/target.h"
#include "cli/run_output.h"
#include "spec/load.h"

namespace duress::cli {

struct RunArguments {
  cgroup::Wanted wanted = cgroup::ByPid{0};
  spec::Stressors loads;
  std::optional<Duration> duration;
  std::optional<Bytes> at_most;  // of memory
  OutputOptions output;
  bool dry_run = false;
  bool record = true;
  std::optional<std::string> recording;  // file or directory; unset: the usual directory
  int recorder = -1;  // the channel to one that records for many (recorder/recorder_process.h)
  bool help = false;
  bool preflight = false;          // the manifest says so: nothing may be injected
  std::vector<std::string> notes;  // what of the manifest is ignored here
};

// kUsage, one line for each thing that is wrong.
[[nodiscard]] Result<RunArguments> parse_run_arguments(const std::vector<std::string>& arguments);

[[nodiscard]] std::string run_help();

}  // namespace duress::cli
