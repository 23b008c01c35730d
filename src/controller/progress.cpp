#include "controller/progress.h"

#include <fmt/format.h>

#include <algorithm>

#include "controller/records.h"

namespace duress::controller {

namespace {

// More of one kind at once are told by the last of these, with a number.
constexpr std::size_t kMostNotes = 20;

std::string phase_of(const Facts& facts, const Records& records) {
  const bool all_released = facts.all_released && records.injected == 0;
  switch (facts.will) {
    case Will::kInvalid:
      return all_released ? "Failed" : "Stopping";
    case Will::kPaused:
      return all_released ? "Paused" : "Stopping";
    case Will::kTimeUp:
    case Will::kStopped:
    case Will::kGuarded:
      return all_released ? "Finished" : "Stopping";
    case Will::kDeleted:
      return "Stopping";
    case Will::kRun:
      break;
  }
  if (facts.experiment.preflight) return std::string(kPreflight);
  if (records.targets == 0) return "Selecting";
  if (records.on_target == records.targets) return "Running";
  return records.failed == records.targets ? "Failed" : "Injecting";
}

struct Finding {
  std::string type{};
  bool is_true = false;
  std::string reason{};
  std::string message{};
};

Finding selected(const Facts& facts) {
  const ExperimentView& experiment = facts.experiment;
  if (facts.will == Will::kInvalid) return {"Selected", false, "InvalidSpec", experiment.problem};
  if (facts.too_many) return {"Selected", false, "TooManyTargets", facts.problem};
  if (facts.will == Will::kRun || facts.will == Will::kPaused)
    return {"Selected", !facts.targets.empty(),
            facts.targets.empty() ? "NothingSelected" : "Selected", facts.problem};
  // It selects no more.
  const Condition* before = condition_of(experiment.status, "Selected");
  if (before == nullptr) return {"Selected", false, "NothingSelected", ""};
  return {"Selected", before->is_true, before->reason, before->message};
}

Finding all_injected(const Facts& facts, const Records& records) {
  if (facts.will != Will::kRun) return {"AllInjected", false, "NotRunning", ""};
  if (facts.experiment.preflight) return {"AllInjected", false, std::string(kPreflight), ""};
  if (records.targets == 0) return {"AllInjected", false, "NothingSelected", ""};
  if (records.on_target == records.targets) return {"AllInjected", true, "Injected", ""};
  std::string message =
      fmt::format("{} of {} injected as asked for now", records.on_target, records.targets);
  for (const Record& record : records.all) {
    if (record.injected || record.measured.message.empty()) continue;
    message += "; " + record.id + ": " + record.measured.message;
    break;
  }
  return {"AllInjected", false, records.failed > 0 ? "Failed" : "Injecting", message};
}

Finding completed(const Facts& facts) {
  if (facts.will == Will::kDeleted) return {"Completed", false, "Deleted", ""};
  if (facts.will == Will::kStopped) {
    return {"Completed", facts.all_released, std::string(kStoppedForAll),
            "a StopAll ended every experiment that was there, for good; make a new one"};
  }
  if (facts.will == Will::kGuarded)
    return {"Completed", facts.all_released, std::string(kGuard), facts.guarded};
  if (facts.will != Will::kTimeUp) return {"Completed", false, "NotOver", ""};
  return {"Completed", facts.all_released, "TimeUp",
          facts.all_released ? "" : "the duration is over; not all has been released yet"};
}

Finding preflight_done(const Facts& facts, const Records& records) {
  const std::string type(kPreflightDone);
  if (facts.will != Will::kRun) return {type, false, "NotRunning", ""};
  if (records.targets == 0) return {type, false, "NothingSelected", facts.problem};
  const bool done = records.answered == records.targets;
  return {type, done, done ? "Foretold" : "Waiting",
          done ? answers_text(records.all)
               : fmt::format("{} of {} foretold", records.answered, records.targets)};
}

std::vector<Finding> findings(const Facts& facts, const Records& records) {
  const bool paused = facts.will == Will::kPaused;
  std::vector<Finding> out = {selected(facts),
                              all_injected(facts, records),
                              {"AllRecovered", records.injected == 0,
                               records.injected == 0 ? "NothingInjected" : "Injected", ""},
                              {"Paused", paused, paused ? "Annotated" : "NotPaused", ""},
                              completed(facts),
                              {"Conflict", !facts.conflict.empty(),
                               facts.conflict.empty() ? "None" : "SecondReach", facts.conflict}};
  if (facts.experiment.preflight) out.push_back(preflight_done(facts, records));
  return out;
}

Condition condition_of(const Finding& finding, const Facts& facts) {
  const Condition* before = controller::condition_of(facts.experiment.status, finding.type);
  const bool is_same = before != nullptr && before->is_true == finding.is_true;
  return {finding.type,
          finding.is_true,
          finding.reason,
          finding.message,
          is_same ? before->since : facts.now,
          facts.experiment.generation};
}

class Notes final {
 public:
  Notes(const Status& told, const Status& now) : told_(told), now_(now) {}

  std::vector<Note> take() {
    // A deletion counts as another generation.
    if (told_.generation != 0 && now_.generation != told_.generation && !is_deleted())
      note("Updated", "Successfully update spec of resource");
    if (became(kPreflightDone)) note("PreflightDone", "Foretold: " + message_of(kPreflightDone));
    if (became("Selected") && now_.phase != kPreflight) note("Started", "Experiment has started");
    if (became("Paused")) note("Paused", "Experiment has been paused");
    if (ceased("Paused") && now_.run) note("Started", "Experiment has started");
    if (got_reason("Completed", "TimeUp")) note("TimeUp", "Time up according to the duration");
    if (got_reason("Completed", kStoppedForAll)) warn("StopAll", message_of("Completed"));
    if (got_reason("Completed", kGuard))
      warn("Guard", "Ended by a guard: " + message_of("Completed"));
    if (got_reason("Completed", "Deleted")) note("Deleted", "Experiment has been deleted");
    if (is_news("Selected") && !is_true(now_, "Selected"))
      warn("Failed", "Failed to select targets: " + message_of("Selected"));
    if (is_news("Conflict")) warn("Conflict", message_of("Conflict"));
    for (const Record& record : now_.records) compare(record);
    for (const Record& record : told_.records)
      if (record.injected && record_of(now_, record.id) == nullptr) recovered(record.id);
    return std::move(out_);
  }

 private:
  void note(std::string reason, std::string message) {
    out_.push_back({false, std::move(reason), std::move(message)});
  }
  void warn(std::string reason, std::string message) {
    out_.push_back({true, std::move(reason), std::move(message)});
  }
  [[nodiscard]] bool became(std::string_view type) const {
    return is_true(now_, type) && !is_true(told_, type);
  }
  [[nodiscard]] bool ceased(std::string_view type) const {
    return !is_true(now_, type) && is_true(told_, type);
  }
  [[nodiscard]] bool got_reason(std::string_view type, std::string_view reason) const {
    const Condition* now = controller::condition_of(now_, type);
    const Condition* told = controller::condition_of(told_, type);
    return now != nullptr && now->reason == reason && (told == nullptr || told->reason != reason);
  }
  [[nodiscard]] bool is_deleted() const {
    const Condition* completed = controller::condition_of(now_, "Completed");
    return completed != nullptr && completed->reason == "Deleted";
  }
  [[nodiscard]] std::string message_of(std::string_view type) const {
    const Condition* now = controller::condition_of(now_, type);
    return now == nullptr ? "" : now->message;
  }
  [[nodiscard]] bool is_news(std::string_view type) const {
    const Condition* told = controller::condition_of(told_, type);
    const std::string message = message_of(type);
    return !message.empty() && (told == nullptr || told->message != message);
  }

  void compare(const Record& now) {
    const Record* told = record_of(told_, now.id);
    const Record before = told == nullptr ? Record{} : *told;
    if (now.injected_count > before.injected_count && applied_++ < kMostNotes)
      note("Applied", "Successfully apply chaos for " + now.id);
    if (now.recovered_count > before.recovered_count)
      recovered(now.id, now.events.empty() ? "" : now.events.back().message);
    if (now.events.empty() || now.events.back().type != "Failed") return;
    if (!before.events.empty() && before.events.back() == now.events.back()) return;
    if (failed_++ < kMostNotes)
      warn("Failed", "Failed to apply chaos: " + now.id + ": " + now.events.back().message);
  }

  // `why`: nobody asked for it.
  void recovered(const std::string& id, const std::string& why = "") {
    if (recovered_++ >= kMostNotes) return;
    const std::string message = "Successfully recover chaos for " + id;
    if (why.empty())
      note("Recovered", message);
    else
      warn("Recovered", message + ": " + why);
  }

  const Status& told_;
  const Status& now_;
  std::vector<Note> out_;
  std::size_t applied_ = 0;
  std::size_t recovered_ = 0;
  std::size_t failed_ = 0;
};

}  // namespace

Status next_status(const Facts& facts) {
  Records records = next_records(facts);
  Status out;
  out.generation = facts.experiment.generation;
  out.run = facts.will == Will::kRun && !facts.experiment.preflight;
  out.phase = phase_of(facts, records);
  for (const Finding& finding : findings(facts, records))
    out.conditions.push_back(condition_of(finding, facts));
  out.targets = records.targets;
  out.injected = records.injected;
  out.asked = asked_text(facts.experiment.manifest.stressors);
  out.got = facts.experiment.preflight ? answers_text(records.all)
                                       : got_text(facts.experiment.manifest.stressors, records.all);
  out.records = std::move(records.all);
  return out;
}

std::vector<Note> notes_between(const Status& told, const Status& now) {
  return Notes(told, now).take();
}

}  // namespace duress::controller
