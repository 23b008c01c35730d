// A run's output that is also recorded: passes everything on to the output for people and programs,
// and tells the recorder what of it belongs into the recording. Owned by `duress run`; one thread.
#pragma once

#include <optional>

#include "cli/run_output.h"
#include "cli/run_recorder.h"

namespace duress::cli {

class RecordedOutput final : public RunOutput {
 public:
  explicit RecordedOutput(RunOutput& output) : output_(output) {}

  // From here on it is told. Before: nothing is recorded.
  void record(RunRecorder recorder, const stress::Plan& plan, const explain::Forecast* foretold);
  // A run that failed has no outcome: the recording ends with the error.
  void failed(const Error& error);

  void planned(const PlanTold& told) override { output_.planned(told); }
  void started() override { output_.started(); }
  void sampled(const stress::Sample& sample) override { output_.sampled(sample); }
  void steered(Bytes asked, Bytes held) override;
  void reached(Duration at) override;
  void happened(const stress::Happening& happening) override;
  void ended(const stress::Outcome& outcome, const std::string& recording) override;

 private:
  void finish(const observe::LoadEnd& end);

  RunOutput& output_;
  std::optional<RunRecorder> recorder_;
};

}  // namespace duress::cli
