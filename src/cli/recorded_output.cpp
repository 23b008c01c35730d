#include "cli/recorded_output.h"

#include <cstdio>

#include "spec/fields.h"

namespace duress::cli {

namespace {

using observe::EventKind;

observe::LoadPlan load_plan(const stress::Plan& plan) {
  observe::LoadPlan out;
  if (plan.memory) {
    out.memory = plan.memory->size;
    out.reach = plan.memory->load.mode == spec::Mode::kReach;
    out.when_oom = spec::name_of(plan.memory->load.when_oom.policy);
    out.workers += plan.memory->load.workers;
  }
  if (plan.cpu) {
    out.cpu = plan.cpu->asked;
    out.workers += plan.cpu->load.workers;
  }
  out.notes = plan.notes;
  return out;
}

}  // namespace

void RecordedOutput::record(RunRecorder recorder, const stress::Plan& plan,
                            const explain::Forecast* foretold) {
  recorder_.emplace(std::move(recorder));
  recorder_->plan(load_plan(plan));
  if (foretold != nullptr) recorder_->foretold(explain::foretold_of(*foretold));
  recorder_->event(EventKind::kLoadStarted, "the load was started");
}

void RecordedOutput::steered(Bytes asked, Bytes held) {
  if (recorder_) recorder_->load(asked, held);
  output_.steered(asked, held);
}

void RecordedOutput::reached(Duration at) {
  if (recorder_) recorder_->event(EventKind::kLoadReached, "the load has reached what was asked");
  output_.reached(at);
}

void RecordedOutput::happened(const stress::Happening& happening) {
  if (recorder_) recorder_->event(EventKind::kTold, happening.what);
  output_.happened(happening);
}

void RecordedOutput::finish(const observe::LoadEnd& end) {
  const std::string problem = recorder_->finish(end);
  if (!problem.empty()) {
    (void)std::fprintf(stderr, "duress: the recording %s is not whole: %s\n",
                       recorder_->path().c_str(), problem.c_str());
  }
}

void RecordedOutput::failed(const Error& error) {
  if (recorder_) finish({.reason = "failed", .message = error.message});
}

void RecordedOutput::ended(const stress::Outcome& outcome, const std::string& /*recording*/) {
  if (!recorder_) return output_.ended(outcome, "");
  finish({.reason = std::string(stress::name_of(outcome.reason)),
          .message = outcome.message,
          .usage_before = outcome.usage_before,
          .usage_after = outcome.usage_after,
          .kills = outcome.kills,
          .left_behind = outcome.left_behind});
  output_.ended(outcome, recorder_->path());
}

}  // namespace duress::cli
