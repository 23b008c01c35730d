#include "explain/verdict.h"

#include <algorithm>
#include <array>

#include "explain/verdict_case.h"
#include "explain/verdict_foretold.h"
#include "explain/verdict_timeline.h"
#include "explain/verdict_words.h"

namespace duress::explain {

namespace {

using judging::Candidate;
using judging::Case;
using judging::Maybe;
using Ask = Maybe (*)(const Case&);

// Both in the order of enum Finding.
constexpr std::array<std::string_view, static_cast<std::size_t>(kLastFinding) + 1> kNames = {
    "groupKilled",
    "appOomKilledByStress",
    "appOomKilledByItself",
    "restartedByLiveness",
    "containerRestarted",
    "otherKilled",
    "supervisorKilled",
    "guard",
    "loadFailed",
    "unnamedOomKilled",
    "stressorOomKilled",
    "stressorEnded",
    "thrashing",
    "throttled",
    "nodeShort",
    "notReached",
    "limitChanged",
    "cutOff",
    "unknown",
    "fine",
    "recorderOnly"};

constexpr std::array<Ask, 17> kQuestions = {
    judging::group_killed,
    judging::application_killed,
    judging::restarted_by_probe,
    judging::container_ended,
    judging::outsider_killed,
    judging::supervisor_killed,
    judging::guard,
    judging::load_failed,
    judging::unnamed_killed,
    judging::stressor_killed,
    judging::stressor_ended,
    judging::thrashing,
    judging::throttled,
    judging::node_short,
    judging::not_reached,
    judging::limit_changed,
    judging::cut_off,
};

// What the application suffered at the hands of others; the rest of its troubles follow from the
// first of these.
bool is_blow(const Candidate& candidate) {
  return candidate.severity == Severity::kBad && candidate.finding <= Finding::kContainerRestarted;
}

// The first blow, else the first of all.
std::size_t decisive(const std::vector<Candidate>& candidates) {
  std::size_t best = candidates.size();
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (!is_blow(candidates[i])) continue;
    if (best == candidates.size() || candidates[i].at < candidates[best].at) best = i;
  }
  return best == candidates.size() ? 0 : best;
}

void add_mark(const Case& the, Verdict& out) {
  if (the.container.ends.empty() || the.kills.of_ours() == 0 || the.kills.of_application() > 0) {
    return;
  }
  out.also.emplace_back(
      "Where the container's status reads OOMKilled, this test caused it: containerd and CRI-O set "
      "that mark for any OOM kill in the cgroup, and here only Duress's own worker was killed.");
}

void add_limits_of_knowledge(const Case& the, Verdict& out) {
  const observe::Recording& recording = the.facts.recording;
  if (recording.looks.empty() && out.finding != Finding::kUnknown) {
    out.also.emplace_back("The recording holds no look at the target: what it used is not known.");
  }
  if (recording.complete || out.finding == Finding::kCutOff) return;
  const std::string damage = judging::told(recording.damage);
  out.also.push_back("The recording was not closed in order" +
                     (damage.empty() ? std::string() : " (" + damage + ")") + ": what came after " +
                     judging::time_of(the.facts.last) + " is not known.");
}

// The first process of the container lived as long as anybody looked.
bool survived(const Case& the) {
  if (!the.container.ends.empty() || the.kills.application_unnamed > 0) return false;
  for (const observe::Event* group : the.kills.groups) {
    const bool ours_only =
        !group->members.empty() && std::ranges::all_of(group->members, &observe::Member::ours);
    if (!ours_only) return false;
  }
  if (the.kills.application.empty()) return true;
  const observe::Recording& recording = the.facts.recording;
  if (recording.complete || recording.end) return true;  // its end would have been recorded
  const observe::Look* later = the.facts.after(the.kills.application.back()->at);
  return later != nullptr && the.facts.looks.back().processes > 0;
}

void fill_figures(const Case& the, Verdict& out) {
  out.application_survived = survived(the);
  out.restarts = the.container.restarts();
  out.stressor_kills = the.kills.of_ours();
  out.application_kills = the.kills.of_application();
  out.sawtooth = the.sawtooth.teeth;
}

}  // namespace

namespace judging {

Case open_case(const observe::Recording& recording) {
  Facts facts = gather(recording);
  Kills kills = kills_of(facts);
  const Sawtooth sawtooth = sawtooth_of(facts.looks);
  Container container = container_of(facts, kills);
  return {std::move(facts), std::move(kills), sawtooth, std::move(container)};
}

}  // namespace judging

std::string_view name_of(Finding finding) {
  const auto at = static_cast<std::size_t>(finding);
  if (at >= kNames.size()) return "unknown";
  return kNames.at(at);
}

std::string_view name_of(Severity severity) {
  switch (severity) {
    case Severity::kGood:
      return "good";
    case Severity::kNotice:
      return "notice";
    case Severity::kBad:
      return "bad";
  }
  return "notice";
}

Verdict judge(const observe::Recording& recording) {
  const Case the = judging::open_case(recording);
  std::vector<Candidate> candidates;
  for (const Ask ask : kQuestions) {
    if (Maybe found = ask(the)) candidates.push_back(std::move(*found));
  }
  if (candidates.empty()) candidates.push_back(judging::nothing_wrong(the));
  const std::size_t chosen = decisive(candidates);
  Verdict out;
  Candidate& first = candidates[chosen];
  out.finding = first.finding;
  out.severity = first.severity;
  out.sentence = judging::sentence(std::move(first.sentence));
  for (std::string& line : first.evidence)
    out.evidence.push_back(judging::sentence(std::move(line)));
  for (std::string& line : first.advice) out.advice.push_back(judging::sentence(std::move(line)));
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i != chosen) out.also.push_back(judging::sentence(std::move(candidates[i].also)));
    out.severity = std::max(out.severity, candidates[i].severity);
  }
  add_mark(the, out);
  add_limits_of_knowledge(the, out);
  fill_figures(the, out);
  const judging::Comparison comparison = judging::compare_with_forecast(the);
  out.as_foretold = comparison.came_true;
  out.foretold = comparison.words;
  out.timeline = judging::timeline_of(the.facts);
  return out;
}

}  // namespace duress::explain
