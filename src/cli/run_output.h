// How a run looks: the plan, the live line, the last table for people; JSON lines or one JSON
// object for programs. Names and units of the JSON stand in docs/json.md and do not change. It
// decides nothing. One thread.
#pragma once

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "cgroup/target.h"
#include "explain/forecast.h"
#include "stress/outcome.h"
#include "stress/plan.h"

namespace duress::cli {

enum class Format { kText, kJson, kJsonLines };

struct PlanTold {
  const cgroup::Target& target;
  const stress::Observed& observed;
  const stress::Plan& plan;
  std::vector<std::string> changes;  // files that are changed for the time of the load
  std::vector<std::string> program;  // the stress-ng command line, if any
  std::optional<Duration> duration;
  const explain::Forecast* foretold = nullptr;  // null: no memory load
  bool dry_run = false;
};

class RunOutput : public stress::Listener {
 public:
  virtual void planned(const PlanTold& told) = 0;
  // `recording`: its path; "" where there is none.
  virtual void ended(const stress::Outcome& outcome, const std::string& recording) = 0;
};

struct OutputOptions {
  Format format = Format::kText;
  bool quiet = false;
};
[[nodiscard]] std::unique_ptr<RunOutput> make_text_output(std::FILE* out, bool quiet);
[[nodiscard]] std::unique_ptr<RunOutput> make_json_output(std::FILE* out,
                                                          const OutputOptions& options);

}  // namespace duress::cli
