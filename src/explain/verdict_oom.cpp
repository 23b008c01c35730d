// What the OOM killer did, as findings: see verdict_case.h.
#include <algorithm>
#include <map>

#include "explain/verdict_case.h"
#include "explain/verdict_fit.h"
#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;

constexpr std::string_view kMark =
    "a container is marked OOMKilled by containerd and CRI-O for any OOM kill in its cgroup, and "
    "the mark stays: when this one next ends, of whatever cause, it will read OOMKilled";

std::string processes(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " process" : " processes");
}

// "node (PID 18)", "node (PID 18) and 2 more".
std::string victims(const std::vector<const Event*>& kills) {
  if (kills.empty()) return "its first process";
  std::string out = process_of(kills.front()->subject, kills.front()->pid, "a process of it");
  if (kills.size() > 1) out += " and " + std::to_string(kills.size() - 1) + " more";
  return out;
}

std::string counter_line(const Case& the) {
  if (the.kills.counted == 0) return "";
  return rise_of_kills(the) + " while it was recorded";
}

// The recorder's sentence, which holds all there is, and where it has it from: only the kernel's
// log knows what a victim held.
std::string kill_line(const Case& the, const Event& event) {
  std::string out = "at " + time_of(event.at) + ", " + told(event.text);
  if (event.text.empty()) {
    out += "killed " + process_of(event.subject, event.pid, "a process");
    if (event.resident) out += ", which held " + format_bytes(*event.resident);
    if (!event.cgroup.empty()) out += ", by the limit of " + quoted(event.cgroup);
  }
  const bool log = event.resident || event.kind == observe::EventKind::kOutsiderKilled;
  return out + (log ? " (kernel log)" : " (" + std::string(the.facts.sources.kills) + ")");
}

void add(std::vector<std::string>& to, std::string text) {
  if (!text.empty()) to.push_back(std::move(text));
}

std::vector<std::string> evidence(const Case& the, const std::vector<const Event*>& kills) {
  std::vector<std::string> out;
  constexpr std::size_t kMost = 3;
  for (std::size_t i = 0; i < std::min(kMost, kills.size()); ++i) {
    add(out, kill_line(the, *kills[i]));
  }
  if (kills.size() > kMost)
    out.push_back(count_of(static_cast<std::int64_t>(kills.size() - kMost), "more kill") +
                  " like these");
  add(out, counter_line(the));
  return out;
}

std::string qos_advice(const Case& the) {
  const std::string& qos = the.facts.recording.header.qos_class;
  const std::string own = qos.empty() ? "" : " (it is " + quoted(qos) + ")";
  return "the QoS class" + own +
         " protects from a node's shortage only; at a container's own limit its processes compete "
         "by their size and oom_score_adj";
}

Fit fit_of_application(const Case& the) {
  const Kills& kills = the.kills;
  return kills.application.empty() ? fit_at(the.facts, kills.first_unnamed.value_or(Duration(0)))
                                   : fit_at(the.facts, *kills.application.front());
}

std::string shared_clause(const Fit& fit) {
  return fit.shared_limit ? " The limit is one above the target's own, which others may share."
                          : "";
}

std::vector<std::string> advice_by_stress(const Case& the) {
  std::vector<std::string> out = {
      "to spare the application, run with --when-oom stressorFirst or avoid, or ask for less"};
  if (the.facts.recording.plan && the.facts.recording.plan->when_oom == "avoid") {
    out = {"ask for less: avoid gives way as fast as it can, which this growth outran"};
  }
  out.push_back(qos_advice(the));
  return out;
}

// Without a load there is nothing but its own growth; what cannot be measured is left open.
Candidate by_itself(const Case& the, const Fit& fit, const std::string& who) {
  const bool load = the.facts.memory_asked();
  Candidate out{.finding = Finding::kAppOomKilledByItself};
  out.sentence = "The OOM killer took the application's " + who +
                 (load ? " by its own growth, not because of the load: " : " by its own growth: ") +
                 reason_of(fit) + "." + shared_clause(fit);
  out.advice = {
      "raise the limit above what the application needs, or find out what makes it grow; "
      "the load is not the cause"};
  if (!load)
    out.advice = {
        "raise the limit above what the application needs, or find out what "
        "makes it grow"};
  return out;
}

Candidate by_stress(const Case& the, const Fit& fit, const std::string& who) {
  Candidate out{.finding = Finding::kAppOomKilledByStress};
  out.sentence = fit.measured ? "The OOM killer took the application's " + who +
                                    " because of the load: " + reason_of(fit) + "."
                              : "The OOM killer took the application's " + who +
                                    " while the load was on; " + reason_of(fit) + ".";
  out.sentence += shared_clause(fit);
  out.advice = advice_by_stress(the);
  return out;
}

std::string members_of(const Event& group) {
  std::map<std::string, int> names;
  for (const observe::Member& member : group.members) ++names[member.name];
  std::vector<std::string> words;
  for (const auto& [name, count] : names) {
    if (words.size() == 6) {
      words.emplace_back("others");
      break;
    }
    words.push_back(process_of(name, 0, "unnamed") +
                    (count > 1 ? " (" + std::to_string(count) + ")" : ""));
  }
  return listed(words);
}

// "52 times in 1.0 s, 50 a second": how fast they came, where there were many.
std::string pace(const std::vector<const Event*>& kills) {
  const auto count = static_cast<std::int64_t>(kills.size());
  if (count < 3) return "";
  const Duration over = kills.back()->at - kills.front()->at;
  const double seconds = std::chrono::duration<double>(over).count();
  std::string out = " in " + time_of(over);
  const double rate = seconds > 0 ? static_cast<double>(count - 1) / seconds : 0;
  if (rate >= 2) out += ", " + decimal(rate, 0) + " a second";
  return out;
}

std::string limit_clause(const Case& the, Duration at) {
  const observe::Look* look = the.facts.before(at);
  if (look == nullptr || !look->limit) return "";
  return " at the limit of " + format_bytes(*look->limit);
}

}  // namespace

Maybe group_killed(const Case& the) {
  if (the.kills.groups.empty()) return std::nullopt;
  const Event& first = *the.kills.groups.front();
  const Fit fit = fit_at(the.facts, first);
  Candidate out{.finding = Finding::kGroupKilled, .severity = Severity::kBad, .at = first.at};
  const auto count = static_cast<std::int64_t>(first.members.size());
  const std::string size = count > 0 ? ", " + processes(count) + " at once" : "";
  const std::string why = fit.blame == Blame::kStress && fit.measured   ? "because of the load"
                          : fit.blame == Blame::kItself && fit.measured ? "by its own growth"
                                                                        : "at its limit";
  out.sentence = "The OOM killer took the whole container" + size + ", " + why +
                 ": memory.oom.group is set, so whoever is chosen takes all others with it" +
                 (fit.measured ? "; " + reason_of(fit) : std::string()) + "." + shared_clause(fit);
  out.also = "the OOM killer took the whole container " +
             times(static_cast<std::int64_t>(the.kills.groups.size()));
  for (const Event* group : the.kills.groups) {
    if (out.evidence.size() == 3) break;
    add(out.evidence, kill_line(the, *group));
    if (!group->members.empty()) add(out.evidence, "with it died " + members_of(*group));
  }
  add(out.evidence, counter_line(the));
  out.evidence.push_back(evidence_of(the.facts, fit, first.at));
  out.advice = {
      "a kubelet sets memory.oom.group on containers since 1.28; with "
      "singleProcessOOMKill it does not",
      "--when-oom stressorFirst and avoid switch it off for the time of the load"};
  return out;
}

Maybe application_killed(const Case& the) {
  const auto at = the.kills.first_of_application();
  if (!at) return std::nullopt;
  const Fit fit = fit_of_application(the);
  const std::string who = victims(the.kills.application);
  const bool itself = fit.blame == Blame::kItself;
  Candidate out = itself ? by_itself(the, fit, who) : by_stress(the, fit, who);
  out.severity = Severity::kBad;
  out.at = *at;
  out.also = "the OOM killer took " + processes(the.kills.of_application()) + " of the application";
  out.evidence = evidence(the, the.kills.application);
  if (the.kills.application_unnamed > 0) {
    out.evidence.emplace_back(
        "nobody named the victim: the container's first process ended in the moment when the "
        "cgroup counted the kill");
  }
  out.evidence.push_back(evidence_of(the.facts, fit, *at));
  return out;
}

Maybe stressor_killed(const Case& the) {
  const Kills& kills = the.kills;
  const std::int64_t count = static_cast<std::int64_t>(kills.ours.size()) + kills.ours_unnamed;
  if (count == 0) return std::nullopt;
  const Duration at = kills.first_of_ours().value_or(Duration(0));
  Candidate out{.finding = Finding::kStressorOomKilled, .at = at};
  const bool alone = kills.of_application() == 0 && kills.unnamed == 0;
  out.sentence = "The OOM killer took Duress's own worker " + times(count) + pace(kills.ours) +
                 limit_clause(the, at);
  if (count > 1 && the.sawtooth.teeth > 0) {
    out.sentence += "; usage fell sharply and climbed again " + times(the.sawtooth.teeth) +
                    ", between " + format_bytes(the.sawtooth.lowest) + " and " +
                    format_bytes(the.sawtooth.highest);
  }
  out.sentence += alone ? "; the application was spared." : ".";
  out.also = "the OOM killer took Duress's own worker " + times(count) + " as well";
  out.evidence = evidence(the, kills.ours);
  if (kills.ours_unnamed > 0) {
    out.evidence.push_back("of the kills that nobody named, the supervisor saw " +
                           count_of(kills.ours_unnamed, "worker") + " end");
  }
  add(out.evidence, usage_at(the.facts, at));
  add(out.evidence, end_told(the.facts));
  if (alone) out.evidence.push_back(std::string(kMark) + ", and it was this test that caused it");
  out.advice = {
      "the load asks for more than the limit has room for: ask for less, or use "
      "--when-oom avoid to stay below it"};
  return out;
}

// Policy stressorFirst, or somebody who sent it a signal: not the kernel.
Maybe stressor_ended(const Case& the) {
  const auto& end = the.facts.recording.end;
  if (!end || the.kills.of_ours() > 0) return std::nullopt;
  if (end->kills <= 0 && end->reason != "stressorKilled") return std::nullopt;
  const std::string policy = the.facts.recording.plan ? the.facts.recording.plan->when_oom : "";
  Candidate out{.finding = Finding::kStressorEnded, .at = the.facts.last};
  const std::int64_t count = std::max<std::int64_t>(1, end->kills);
  out.sentence = "Duress's own worker was ended " + times(count) +
                 ", and not by the OOM killer, which took nobody of the target" +
                 (policy == "stressorFirst" || policy == "avoid"
                      ? ": the policy " + policy +
                            " lets the stressor go before the limit takes "
                            "the application."
                      : ".");
  out.also = "Duress's own worker was ended " + times(count) + " without the OOM killer";
  add(out.evidence, end_told(the.facts));
  out.evidence.push_back(rise_of_kills(the));
  out.advice = {"ask for less to keep the load below the limit"};
  return out;
}

Maybe unnamed_killed(const Case& the) {
  const std::int64_t count = the.kills.unnamed;
  if (count == 0) return std::nullopt;
  Candidate out{.finding = Finding::kUnnamedOomKilled,
                .at = the.kills.first_unnamed.value_or(Duration(0))};
  out.sentence = "The OOM killer took " + processes(count) +
                 " in the target, and the recording does not tell whose: the cgroup counted, but "
                 "nobody named them.";
  out.also = "the OOM killer took " + processes(count) + " whose names nobody recorded";
  add(out.evidence, counter_line(the));
  out.evidence.emplace_back(
      the.facts.recording.header.kernel_log
          ? "the kernel's log, which is limited to 10 reports in 5 s, names no more"
          : "the kernel's log could not be read");
  add(out.evidence, usage_at(the.facts, out.at));
  out.advice = {"let Duress read /dev/kmsg (root, or CAP_SYSLOG): then victims have names"};
  return out;
}

Maybe outsider_killed(const Case& the) {
  if (the.kills.outsiders.empty()) return std::nullopt;
  const Event& first = *the.kills.outsiders.front();
  Candidate out{.finding = Finding::kOtherKilled, .severity = Severity::kBad, .at = first.at};
  const auto count = static_cast<std::int64_t>(the.kills.outsiders.size());
  out.sentence = "The OOM killer took " + process_of(first.subject, first.pid, "a process") +
                 ", which belongs neither to the target nor to Duress" +
                 (count > 1 ? ", and " + std::to_string(count - 1) + " more" : "") +
                 (first.cgroup.empty() || first.cgroup == "/"
                      ? std::string(": the machine's memory had run out")
                      : ": it shares the limit of " + quoted(first.cgroup) + " with the target") +
                 ".";
  out.also = "the OOM killer took " + processes(count) + " outside the target";
  out.evidence = evidence(the, the.kills.outsiders);
  if (const observe::Look* look = the.facts.before(first.at)) {
    out.evidence.push_back("the machine had " + format_bytes(look->node_available) +
                           " available (MemAvailable of /proc/meminfo), of which Duress held " +
                           format_bytes(the.facts.held(*look)) + " in the target");
  }
  out.advice = {
      "keep the load below what the shared limit, or the machine, has room for "
      "(--guard ends it in time)"};
  return out;
}

}  // namespace duress::explain::judging
