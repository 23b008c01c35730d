// How the container or the load ended, as findings: see verdict_case.h.
#include <algorithm>

#include "explain/verdict_case.h"
#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;

void add(std::vector<std::string>& to, std::string text) {
  if (!text.empty()) to.push_back(std::move(text));
}

const ContainerEnd* first_end(const Case& the, Cause cause) {
  const auto end = std::ranges::find(the.container.ends, cause, &ContainerEnd::cause);
  return end == the.container.ends.end() ? nullptr : &*end;
}

std::int64_t count_ends(const Case& the, Cause cause) {
  return std::ranges::count(the.container.ends, cause, &ContainerEnd::cause);
}

// The riddle of a stress that is suddenly gone.
std::string with_it(const Case& the) {
  if (!the.container.load_ended_with_it) return "";
  return ", and the stress ended because of that: its workers live no longer than the container's "
         "first process";
}

std::string no_oom(const Case& the) {
  if (the.kills.of_application() > 0 || the.kills.unnamed > 0 || !the.kills.groups.empty()) {
    return "";
  }
  if (the.facts.looks.empty()) return "";
  const std::int64_t ours = the.kills.of_ours();
  return rise_of_kills(the) + (ours > 0 ? ", all of it Duress's own workers" : "") +
         ": the OOM killer took nobody of the application";
}

// What was measured while the probe failed; not why it did.
void measured_meanwhile(const Case& the, const ContainerEnd& end, std::vector<std::string>& to) {
  const auto rise = the.facts.rise({end.first_failure, end.at});
  if (!rise) return;
  if (rise->throttled_periods > 0) {
    to.push_back(std::string(the.facts.sources.cpu) + ": throttled in " +
                 std::to_string(rise->throttled_periods) + " of " + std::to_string(rise->periods) +
                 " periods while the probe failed");
  }
  if (rise->refaults > 0 || rise->major_faults > 0) {
    to.push_back(std::string(the.facts.sources.stat) + ": " + std::to_string(rise->refaults) +
                 " refaulted pages and " + std::to_string(rise->major_faults) +
                 " major faults while the probe failed");
  }
  if (rise->memory_full && rise->memory_full->count() > 0) {
    to.push_back("memory.pressure: all tasks waited for memory for " + time_of(*rise->memory_full) +
                 " while the probe failed");
  }
}

std::string last_look(const Case& the) {
  if (the.facts.looks.empty()) return "";
  const observe::Look& last = the.facts.looks.back();
  return "the last look, at " + time_of(last.at) + ": " + std::string(the.facts.sources.usage) +
         " " + of_limit(last.memory.usage, last.limit) + ", of which Duress held " +
         format_bytes(the.facts.held(last));
}

std::string times_restarted(const Case& the) {
  const int restarts = the.container.restarts();
  return restarts > 1 ? " (restarted " + times(restarts) + " in all)" : "";
}

}  // namespace

std::string end_told(const Facts& facts) {
  const auto& end = facts.recording.end;
  if (!end) return "";
  const std::string message = told(end->message);
  return "the load's end, as it told itself: " + (message.empty() ? quoted(end->reason) : message);
}

std::string usage_at(const Facts& facts, Duration at) {
  const observe::Look* look = facts.before(at);
  if (look == nullptr) return "";
  return std::string(facts.sources.usage) + " stood at " +
         of_limit(look->memory.usage, look->limit) + " at " + time_of(look->at) +
         ", of which Duress held " + format_bytes(facts.held(*look));
}

std::string rise_of_kills(const Case& the) {
  return std::string(the.facts.sources.kills) +
         (the.kills.counted > 0 ? " rose by " + std::to_string(the.kills.counted)
                                : std::string(" did not rise"));
}

Maybe restarted_by_probe(const Case& the) {
  const ContainerEnd* end = first_end(the, Cause::kProbe);
  if (end == nullptr) return std::nullopt;
  Candidate out{
      .finding = Finding::kRestartedByLiveness, .severity = Severity::kBad, .at = end->at};
  // As it was while the probe failed: at the end most of it is given back already.
  const observe::Look* look = the.facts.before(end->last_failure);
  out.sentence = std::string("The container was ") + (end->restarted ? "restarted" : "ended") +
                 " because its " + end->probe + " probe had failed " + times(end->failures) +
                 " in a row" + times_restarted(the);
  if (!end->named) {
    out.sentence = "The container ended" + std::string(end->restarted ? " and was restarted" : "") +
                   " after its " + end->probe + " probe had failed " + times(end->failures) +
                   " in a row" + times_restarted(the);
  }
  if (look != nullptr) {
    out.sentence += ", while usage stood at " + of_limit(look->memory.usage, look->limit);
  }
  out.sentence += "; it ended with " + exit_of(end->code) + with_it(the) + ".";
  out.also = "a failing " + end->probe + " probe ended the container " +
             times(count_ends(the, Cause::kProbe));
  out.evidence.push_back("the " + end->probe + " probe failed " + times(end->failures) + " from " +
                         time_of(end->first_failure) + " to " + time_of(end->at) +
                         (end->failure.empty() ? "" : ", at last: " + told(end->failure)));
  add(out.evidence, end->said.empty() ? "" : "at " + time_of(end->at) + ": " + told(end->said));
  if (!end->named) {
    out.evidence.emplace_back(
        "no event names the probe as the reason; three failures in a row are Kubernetes' default "
        "threshold");
  }
  add(out.evidence, usage_at(the.facts, end->last_failure));
  measured_meanwhile(the, *end, out.evidence);
  add(out.evidence, no_oom(the));
  add(out.evidence, the.container.load_ended_with_it ? end_told(the.facts) : "");
  out.advice = {
      "the application does not answer under this load: give it more room, or the probe "
      "a longer timeoutSeconds or a higher failureThreshold",
      "to keep the stress on across restarts, run it again once the container is back"};
  return out;
}

Maybe container_ended(const Case& the) {
  const ContainerEnd* end = first_end(the, Cause::kOther);
  if (end == nullptr) return std::nullopt;
  const bool well = end->code && *end->code == 0;
  Candidate out{.finding = Finding::kContainerRestarted,
                .severity = well ? Severity::kNotice : Severity::kBad,
                .at = end->at};
  out.sentence = std::string("The container ended") + (end->restarted ? " and was restarted" : "") +
                 " after " + time_of(end->at) + " with " + exit_of(end->code) +
                 times_restarted(the);
  if (end->failures > 0) {
    out.sentence += ", its " + end->probe + " probe having failed " + times(end->failures) +
                    " before, which proves no cause";
  }
  out.sentence += with_it(the);
  if (!well) out.sentence += "; why it ended, the recording does not show";
  out.sentence += ".";
  out.also = "the container ended " + times(count_ends(the, Cause::kOther)) +
             " for a reason that the recording does not show";
  add(out.evidence, end->said.empty() ? "" : "at " + time_of(end->at) + ": " + told(end->said));
  add(out.evidence, usage_at(the.facts, end->at));
  add(out.evidence, no_oom(the));
  if (the.container.load_ended_with_it && told(end->said) != told(the.facts.recording.end->message))
    add(out.evidence, end_told(the.facts));
  if (!well) out.advice = {"look into the application's own log for that moment"};
  return out;
}

Maybe supervisor_killed(const Case& the) {
  const auto event =
      std::ranges::find(the.facts.events, EventKind::kSupervisorKilled, &Event::kind);
  if (event == the.facts.events.end()) return std::nullopt;
  Candidate out{.finding = Finding::kSupervisorKilled, .at = event->at};
  out.sentence = "The load ended after " + time_of(event->at) +
                 " because the process that steered it was killed without a word; its workers end "
                 "with it.";
  out.also = "the process that steered the load was killed";
  add(out.evidence, told(event->text));
  add(out.evidence, last_look(the));
  out.advice = {"run duress doctor: it says whether anything was left behind"};
  return out;
}

// The end is missing, and nobody says why.
Maybe cut_off(const Case& the) {
  const observe::Recording& recording = the.facts.recording;
  if (recording.complete || (recording.plan && the.facts.load_ended)) return std::nullopt;
  Candidate out{.finding = Finding::kCutOff, .at = the.facts.last};
  const std::string load = the.facts.load ? " with the load on" : "";
  out.sentence = "The recording breaks off after " + time_of(the.facts.last) + load +
                 ": whoever recorded was killed, the machine stopped, or it is not over yet; "
                 "nothing went wrong up to there.";
  out.also = "the recording breaks off after " + time_of(the.facts.last) + load +
             ", and what came later is not known";
  out.evidence.emplace_back("no end was recorded");
  add(out.evidence, told(recording.damage));
  add(out.evidence, last_look(the));
  return out;
}

Maybe guard(const Case& the) {
  const auto& end = the.facts.recording.end;
  if (!end || end->reason != "guard") return std::nullopt;
  const Duration at = the.facts.load ? the.facts.load->to : the.facts.last;
  Candidate out{.finding = Finding::kGuard, .at = at};
  const std::string message = told(end->message);
  out.sentence = "The guard ended the load after " + time_of(at) +
                 (message.empty() ? "." : ": " + message + ".");
  out.also = "the guard ended the load";
  if (const observe::Look* look = the.facts.before(at)) {
    out.evidence.push_back("MemAvailable of /proc/meminfo: " + format_bytes(look->node_available) +
                           " at " + time_of(look->at) + " of " +
                           format_bytes(the.facts.recording.header.node_total));
  }
  out.advice = {"ask for less, or let the guard allow more if the machine can bear it"};
  return out;
}

Maybe load_failed(const Case& the) {
  const auto& end = the.facts.recording.end;
  if (!end || (end->reason != "failed" && end->reason != "heldUp")) return std::nullopt;
  const Duration at = the.facts.load ? the.facts.load->to : the.facts.last;
  Candidate out{.finding = Finding::kLoadFailed, .at = at};
  const std::string message = told(end->message);
  out.sentence = "The load failed after " + time_of(at) + ": " +
                 (message.empty() ? "it did not say why" : message) + ".";
  out.also = "the load failed";
  add(out.evidence, end_told(the.facts));
  add(out.evidence, last_look(the));
  for (const std::string& left : end->left_behind)
    out.evidence.push_back("left behind: " + told(left));
  out.advice = {"run duress doctor: it says what this machine allows"};
  return out;
}

}  // namespace duress::explain::judging
