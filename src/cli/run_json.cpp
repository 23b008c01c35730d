#include <nlohmann/json.hpp>

#include "cli/forecast_json.h"
#include "cli/run_output.h"
#include "spec/fields.h"

namespace duress::cli {

namespace {

using nlohmann::ordered_json;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

template <class Value>
ordered_json value_or_null(const std::optional<Value>& value) {
  return value ? ordered_json(value->value) : ordered_json(nullptr);
}

ordered_json range(const stress::Range& range) {
  if (range.count == 0) return nullptr;
  return {{"mean", range.mean}, {"min", range.least}, {"max", range.most}};
}

ordered_json plan_json(const PlanTold& told) {
  ordered_json out = {{"type", "plan"}};
  out["target"] = {{"name", told.target.name},
                   {"containerID", told.target.container_id},
                   {"cgroup", told.target.path},
                   {"cgroupVersion", told.target.version == cgroup::Version::kV1 ? 1 : 2},
                   {"init", told.target.init}};
  out["levels"] = ordered_json::array();
  for (const cgroup::Level& level : told.observed.levels) {
    out["levels"].push_back({{"cgroup", level.path},
                             {"usageBytes", level.usage.value},
                             {"limitBytes", value_or_null(level.limit)},
                             {"highBytes", value_or_null(level.high)},
                             {"oomGroup", level.oom_group}});
  }
  if (const auto& memory = told.plan.memory) {
    out["memory"] = {{"sizeBytes", memory->size.value},
                     {"mode", memory->load.mode == spec::Mode::kReach ? "reach" : "add"},
                     {"workers", memory->load.workers},
                     {"whenOOM", spec::name_of(memory->load.when_oom.policy)},
                     {"oomScoreAdj", memory->oom_score_adj},
                     {"keepFreeBytes", memory->keep_free.value},
                     {"atMostBytes", value_or_null(memory->most)},
                     {"locked", memory->locked}};
  }
  if (const auto& cpu = told.plan.cpu) {
    out["cpu"] = {{"cores", cpu->asked.value},
                  {"possibleCores", cpu->possible.value},
                  {"workers", cpu->load.workers},
                  {"nice", cpu->nice}};
  }
  if (!told.program.empty()) out["program"] = told.program;
  out["forSeconds"] = told.duration ? ordered_json(seconds(*told.duration)) : ordered_json(nullptr);
  out["guardBytes"] = told.plan.guard.memory.value;
  const spec::NodePressure& pressure = told.plan.guard.pressure;
  out["guardPressurePercent"] = {{"memory", value_or_null(pressure.memory)},
                                 {"cpu", value_or_null(pressure.cpu)},
                                 {"io", value_or_null(pressure.io)}};
  out["changes"] = told.changes;
  out["foretold"] =
      told.foretold != nullptr ? foretold_json(*told.foretold) : ordered_json(nullptr);
  out["notes"] = told.plan.notes;
  out["refusals"] = told.plan.refusals;
  out["dryRun"] = told.dry_run;
  return out;
}

ordered_json sample_json(const stress::Sample& sample) {
  ordered_json out = {{"type", "sample"}, {"seconds", seconds(sample.at)}};
  out["memory"] = {{"askedBytes", sample.asked.value},
                   {"heldBytes", sample.held.value},
                   {"workers", sample.workers},
                   {"yielding", sample.yielding}};
  out["cpu"] = {{"askedCores",
                 sample.cpu_asked ? ordered_json(sample.cpu_asked->value) : ordered_json(nullptr)},
                {"gotCores", sample.cpu_got.value}};
  out["target"] = {
      {"usageBytes", sample.use.usage.value}, {"workingSetBytes", sample.use.working_set().value},
      {"anonBytes", sample.use.anon.value},   {"limitBytes", value_or_null(sample.limit)},
      {"cpuCores", sample.target_cpu.value},  {"throttledPeriods", sample.throttled_periods},
      {"oomKills", sample.oom_kills}};
  out["node"] = {{"availableBytes", sample.node_available.value}};
  out["kills"] = sample.kills;
  out["leftSeconds"] = sample.left ? ordered_json(seconds(*sample.left)) : ordered_json(nullptr);
  return out;
}

ordered_json end_json(const stress::Outcome& outcome, const std::string& recording) {
  const auto optional_seconds = [](const std::optional<Duration>& duration) {
    return duration ? ordered_json(seconds(*duration)) : ordered_json(nullptr);
  };
  ordered_json out = {{"type", "end"},
                      {"reason", name_of(outcome.reason)},
                      {"exitCode", static_cast<int>(outcome.exit_code())},
                      {"message", outcome.message},
                      {"seconds", seconds(outcome.lasted)}};
  out["memory"] = {{"heldBytes", range(outcome.held)},
                   {"firstTouchSeconds", optional_seconds(outcome.first_touch)},
                   {"reachedSeconds", optional_seconds(outcome.reached)}};
  out["cpu"] = {{"gotCores", range(outcome.cpu_got)}};
  out["target"] = {{"usageBeforeBytes", outcome.usage_before.value},
                   {"usagePeakBytes", outcome.usage_peak.value},
                   {"usageAfterBytes", outcome.usage_after.value},
                   {"cpuSeconds", seconds(outcome.target_cpu)},
                   {"throttledPeriods", outcome.throttled_periods},
                   {"oomKills", outcome.oom_kills}};
  out["kills"] = outcome.kills;
  out["releaseSeconds"] = seconds(outcome.release);
  out["events"] = ordered_json::array();
  for (const stress::Happening& happening : outcome.happenings) {
    out["events"].push_back({{"seconds", seconds(happening.at)}, {"what", happening.what}});
  }
  out["leftBehind"] = outcome.left_behind;
  out["recording"] = recording.empty() ? ordered_json(nullptr) : ordered_json(recording);
  return out;
}

// One object a line as things happen (jsonl), or one object with everything at the end (json).
class JsonOutput final : public RunOutput {
 public:
  JsonOutput(std::FILE* out, const OutputOptions& options) : out_(out), options_(options) {}

  void planned(const PlanTold& told) override {
    if (lines()) return print(plan_json(told));
    whole_["plan"] = plan_json(told);
    whole_["samples"] = ordered_json::array();
    if (told.dry_run || !told.plan.refusals.empty()) print(whole_);
  }
  void started() override {
    if (lines() && !options_.quiet) print({{"type", "started"}});
  }
  void sampled(const stress::Sample& sample) override {
    if (options_.quiet) return;
    if (lines()) return print(sample_json(sample));
    // One object of bounded size: a run of an hour keeps its samples, one of a week does not.
    if (whole_["samples"].size() < kMostSamples) whole_["samples"].push_back(sample_json(sample));
  }
  void steered(Bytes, Bytes) override {}
  void reached(Duration at) override {
    if (lines() && !options_.quiet) print({{"type", "reached"}, {"seconds", seconds(at)}});
  }
  void happened(const stress::Happening& happening) override {
    if (!lines() || options_.quiet) return;
    print({{"type", "event"}, {"seconds", seconds(happening.at)}, {"what", happening.what}});
  }
  void ended(const stress::Outcome& outcome, const std::string& recording) override {
    if (lines()) return print(end_json(outcome, recording));
    whole_["end"] = end_json(outcome, recording);
    print(whole_);
  }

 private:
  static constexpr std::size_t kMostSamples = 3600;
  [[nodiscard]] bool lines() const { return options_.format == Format::kJsonLines; }
  void print(const ordered_json& value) {
    std::fprintf(out_, "%s\n",
                 value.dump(-1, ' ', false, ordered_json::error_handler_t::replace).c_str());
    std::fflush(out_);
  }

  std::FILE* out_;
  OutputOptions options_;
  ordered_json whole_;
};

}  // namespace

std::unique_ptr<RunOutput> make_json_output(std::FILE* out, const OutputOptions& options) {
  return std::make_unique<JsonOutput>(out, options);
}

}  // namespace duress::cli
