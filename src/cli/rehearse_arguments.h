// The command line of `duress rehearse` as a plan: the Pods, the experiments on them, and how the
// rehearsal goes. It checks all that can be told before anything starts, and all at once. Pure but
// for reading the manifests' files; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "cli/run_output.h"
#include "spec/manifest.h"
#include "spec/pod.h"

namespace duress::cli {

struct RehearsalPlan {
  std::vector<spec::Pod> pods;
  std::vector<spec::Manifest> experiments;  // each means somebody; `ns` is never empty
  std::optional<Duration> duration;         // --for: the rehearsal's end
  std::optional<Duration> start_after;      // unset: experiments begin when every Pod is ready
  double back_off_factor = 1;               // CrashLoopBackOff's times are divided by it
  bool oom_group = true;                    // --no-oom-group: a kubelet's singleProcessOOMKill
  std::optional<Bytes> node_memory;         // unset: this machine's
  std::string report_file;                  // "": none
  std::string junit_file;                   // "": none
  OutputOptions output;
  bool plain = false;  // lines one after another, though it is a terminal
  bool help = false;
  std::uint64_t seed = 1;          // of names and draws
  std::vector<std::string> notes;  // what has no effect or means something unexpected; a line each
};

// kUsage, one line for each thing that is wrong. `node`: what this machine is called as a node.
[[nodiscard]] Result<RehearsalPlan> parse_rehearse_arguments(const std::vector<std::string>& words,
                                                             const std::string& node);

[[nodiscard]] std::string rehearse_help();

}  // namespace duress::cli
