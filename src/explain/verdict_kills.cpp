#include "explain/verdict_kills.h"

#include <algorithm>

namespace duress::explain::judging {

namespace {

using observe::Event;
using observe::EventKind;
using observe::Look;

constexpr auto kTogether = std::chrono::seconds(2);
constexpr int kSigkilled = 128 + 9;

bool nameless(const Event& event) { return !event.ours && event.subject.empty() && event.pid <= 0; }

void sort_out(const Facts& facts, Kills& kills) {
  for (const Event& event : facts.events) {
    if (event.kind == EventKind::kOutsiderKilled) kills.outsiders.push_back(&event);
    if (event.kind == EventKind::kOomGroupKill) {
      kills.groups.push_back(&event);
      for (const observe::Member& member : event.members) {
        ++(member.ours ? kills.group_workers : kills.group_members);
      }
    }
    if (event.kind != EventKind::kOomKill) continue;
    if (nameless(event)) {
      ++kills.unnamed;
      if (!kills.first_unnamed) kills.first_unnamed = event.at;
    } else {
      (event.ours ? kills.ours : kills.application).push_back(&event);
    }
  }
}

// The kernel counts a group's members, and the one that was chosen once more (mm/oom_kill.c).
std::int64_t counted_of(const Event& group) {
  return static_cast<std::int64_t>(group.members.size()) + 1;
}

// The first look whose count is ahead of the events told up to a moment later.
std::optional<Duration> first_ahead(const Facts& facts) {
  auto event = facts.events.begin();
  std::int64_t told = 0;
  for (const Look& look : facts.looks) {
    for (; event != facts.events.end() && event->at <= look.at + kTogether; ++event) {
      if (event->kind == EventKind::kOomKill) ++told;
      if (event->kind == EventKind::kOomGroupKill) {
        told += counted_of(*event);
      }
    }
    if (look.oom_kills > told) return look.at;
  }
  return std::nullopt;
}

// The first process of the container ended by SIGKILL, or nobody knows how, in that moment.
bool ended_then(const Facts& facts, Duration at) {
  const bool said = std::ranges::any_of(facts.events, [&](const Event& event) {
    return event.kind == EventKind::kContainerEnded &&
           event.code.value_or(kSigkilled) == kSigkilled && event.at >= at - kTogether &&
           event.at <= at + kTogether;
  });
  const bool contradicted = std::ranges::any_of(
      facts.events, [](const Event& event) { return event.kind == EventKind::kContainerEnded; });
  const auto& end = facts.recording.end;
  return said ||
         (!contradicted && end && end->reason == "targetEnded" && facts.last - at <= 2 * kTogether);
}

// Those that are counted, but named by nobody, as far as something else tells of them.
void attribute(const Facts& facts, Kills& kills) {
  if (kills.unnamed == 0) return;
  const auto& end = facts.recording.end;
  const std::string policy = facts.recording.plan ? facts.recording.plan->when_oom : "";
  if (end && (policy.empty() || policy == "natural")) {
    const auto named = static_cast<std::int64_t>(kills.ours.size()) + kills.group_workers;
    kills.ours_unnamed =
        std::clamp<std::int64_t>(std::max<std::int64_t>(end->kills, 0) - named, 0, kills.unnamed);
    kills.unnamed -= kills.ours_unnamed;
  }
  if (kills.unnamed > 0 && kills.application.empty() && kills.groups.empty() &&
      kills.first_unnamed && ended_then(facts, *kills.first_unnamed)) {
    kills.application_unnamed = 1;
    --kills.unnamed;
  }
}

std::optional<Duration> earliest(const std::vector<const Event*>& events) {
  if (events.empty()) return std::nullopt;
  return events.front()->at;
}

std::optional<Duration> earlier(std::optional<Duration> a, std::optional<Duration> b) {
  if (!a || !b) return a ? a : b;
  return std::min(*a, *b);
}

}  // namespace

std::int64_t Kills::of_ours() const {
  return static_cast<std::int64_t>(ours.size()) + group_workers + ours_unnamed;
}

std::int64_t Kills::of_application() const {
  return static_cast<std::int64_t>(application.size()) + group_members + application_unnamed;
}

std::optional<Duration> Kills::first_of_ours() const {
  return earlier(earliest(ours), ours_unnamed > 0 ? first_unnamed : std::nullopt);
}

std::optional<Duration> Kills::first_of_application() const {
  return earlier(earliest(application), application_unnamed > 0 ? first_unnamed : std::nullopt);
}

Kills kills_of(const Facts& facts) {
  Kills kills;
  sort_out(facts, kills);
  if (!facts.looks.empty()) kills.counted = facts.looks.back().oom_kills;
  std::int64_t told = kills.unnamed + static_cast<std::int64_t>(kills.ours.size()) +
                      static_cast<std::int64_t>(kills.application.size());
  for (const Event* group : kills.groups) {
    told += counted_of(*group);
  }
  if (kills.counted > told) {
    kills.unnamed += kills.counted - told;
    if (const auto at = first_ahead(facts)) kills.first_unnamed = earlier(kills.first_unnamed, at);
    if (!kills.first_unnamed) kills.first_unnamed = facts.last;
  }
  attribute(facts, kills);
  return kills;
}

}  // namespace duress::explain::judging
