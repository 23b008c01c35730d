#include "explain/verdict_foretold.h"

#include <algorithm>

#include "explain/verdict_words.h"

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;

// The kernel keeps 15 characters of a name (TASK_COMM_LEN).
constexpr std::size_t kCommLength = 15;

struct Came {
  std::int64_t stressor = 0;  // killed, or ended in the OOM killer's place
  std::int64_t application = 0;
  bool group = false;
  bool application_first = false;
  std::string first_victim{};  // "" where it is not known
};

Came what_came(const Case& the) {
  const Kills& kills = the.kills;
  Came out{.stressor = kills.of_ours(),
           .application = kills.of_application(),
           .group = !kills.groups.empty()};
  const auto& end = the.facts.recording.end;
  if (out.stressor == 0 && end && end->reason == "stressorKilled") out.stressor = 1;
  const auto ours = kills.first_of_ours();
  const auto application = kills.first_of_application();
  out.application_first = application && (!ours || *application < *ours);
  const Event* first = nullptr;
  for (const auto* list : {&kills.ours, &kills.application, &kills.groups}) {
    if (!list->empty() && (first == nullptr || list->front()->at < first->at)) {
      first = list->front();
    }
  }
  if (first != nullptr) out.first_victim = first->subject;
  return out;
}

bool same_name(const std::string& a, const std::string& b) {
  return a.substr(0, kCommLength) == b.substr(0, kCommLength);
}

std::string described(const Came& came) {
  std::vector<std::string> words;
  if (came.group) words.emplace_back("the whole container was killed");
  if (came.application > 0 && !came.group) {
    words.push_back("the OOM killer took the application" +
                    (came.first_victim.empty() || !came.application_first
                         ? std::string()
                         : " (" + quoted(came.first_victim) + ")"));
  }
  if (came.stressor > 0 && !came.group) {
    words.push_back("Duress's own worker was taken " + times(came.stressor));
  }
  return words.empty() ? "nobody was killed" : listed(words);
}

// As foretold, or not; unset where the load did not get so far.
std::optional<bool> judged(const Case& the, const Came& came, bool tested) {
  const observe::Foretold& foretold = *the.facts.recording.foretold;
  const bool killed = came.stressor > 0 || came.application > 0 || came.group;
  if (foretold.answer == "safe") {
    if (killed) return false;
    return tested ? std::optional(true) : std::nullopt;
  }
  if (foretold.answer == "cannotReach") {
    if (killed) return false;
    const Level level = level_of(the.facts);
    return tested || level.at ? std::optional(!level.reached) : std::nullopt;
  }
  if (!killed) return tested ? std::optional(false) : std::nullopt;
  if (foretold.group != came.group) return false;
  if (came.group) return true;
  const bool named = !foretold.victim.empty() && !came.first_victim.empty();
  if (named && !same_name(foretold.victim, came.first_victim)) return false;
  if (foretold.answer == "oomApplication") return came.application > 0;
  if (foretold.answer == "oom") return came.application == 0;
  return std::nullopt;
}

// The load was on at its full size, or as far as it could get, for a moment at least.
bool put_to_the_test(const Case& the) {
  if (!the.facts.load) return false;
  const Level level = level_of(the.facts);
  if (level.reached) return true;
  const auto& end = the.facts.recording.end;
  const bool to_the_end = end && (end->reason == "deadline" || end->reason == "signal");
  return level.asked && to_the_end && the.facts.load->length() >= std::chrono::seconds(2) &&
         level.most.value > 0;
}

std::string known_answer(const observe::Foretold& foretold) {
  if (!foretold.sentence.empty()) return told(foretold.sentence);
  if (foretold.answer == "safe") return "the load fits and nobody is killed";
  if (foretold.answer == "oom") return "the OOM killer takes a worker";
  if (foretold.answer == "oomApplication") return "the OOM killer takes the application";
  if (foretold.answer == "cannotReach") return "the level cannot be reached";
  return quoted(foretold.answer);
}

}  // namespace

Comparison compare_with_forecast(const Case& the) {
  const auto& foretold = the.facts.recording.foretold;
  if (!foretold || foretold->answer.empty()) return {};
  const Came came = what_came(the);
  Comparison out{.came_true = judged(the, came, put_to_the_test(the))};
  const bool moved = std::ranges::any_of(
      the.facts.events, [](const Event& event) { return event.kind == EventKind::kLimitChanged; });
  const std::string what = "Foretold: " + known_answer(*foretold) + ". It ";
  if (out.came_true.value_or(true) && out.came_true) {
    out.words = what + "came true: " + described(came) + ".";
  } else if (out.came_true && moved) {
    out.came_true.reset();
    out.words = what + "was not put to the test: the limit was changed on the way; " +
                described(came) + ".";
  } else if (out.came_true) {
    out.words = what + "did not come true: " + described(came) + ".";
    if (!the.kills.application.empty() && foretold->answer == "safe") {
      out.words += " A forecast knows the application as it was then, not what it grows by.";
    }
  } else {
    out.words = what + "was not put to the test: " + described(came) + " as far as the load got.";
  }
  return out;
}

}  // namespace duress::explain::judging
