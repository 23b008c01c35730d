#include "kube/event_ledger.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostName = 220;

}  // namespace

std::optional<EventWrite> EventLedger::note(const EventNote& note, Instant now, WallTime wall) {
  if (now - swept_ >= kAtMostOncePer) forget_old(now);
  const std::string key = note.target.uid + "/" + note.target.name + "/" + note.reason;
  const auto found = kept_.find(key);
  if (found == kept_.end() || is_old(found->second, now)) {
    if (found != kept_.end()) kept_.erase(found);
    if (kept_.size() >= kMostKept) return std::nullopt;
    EventWrite write{.note = note,
                     .name = fmt::format(
                         "{}.{:016x}", note.target.name.substr(0, kMostName),
                         stable_hash(fmt::format("{}/{}", key, wall.time_since_epoch().count()))),
                     .count = 1,
                     .first = wall,
                     .last = wall,
                     .is_new = true};
    kept_.emplace(key, Kept{write, now, false});
    return write;
  }
  Kept& kept = found->second;
  kept.write.note = note;
  kept.write.count += 1;
  kept.write.last = wall;
  kept.write.is_new = false;
  if (now - kept.written < kAtMostOncePer) {
    kept.waits = true;
    return std::nullopt;
  }
  kept.written = now;
  kept.waits = false;
  return kept.write;
}

std::vector<EventWrite> EventLedger::due(Instant now) {
  std::vector<EventWrite> writes;
  for (auto& [key, kept] : kept_) {
    if (!kept.waits || now - kept.written < kAtMostOncePer) continue;
    kept.waits = false;
    kept.written = now;
    writes.push_back(kept.write);
  }
  return writes;
}

std::optional<Instant> EventLedger::next() const {
  std::optional<Instant> first;
  for (const auto& [key, kept] : kept_)
    if (kept.waits) first = std::min(first.value_or(Instant::max()), kept.written + kAtMostOncePer);
  return first;
}

bool EventLedger::is_old(const Kept& kept, Instant now) {
  return !kept.waits && now - kept.written > kForgottenAfter;
}

void EventLedger::forget_old(Instant now) {
  swept_ = now;
  std::erase_if(kept_, [now](const auto& entry) { return is_old(entry.second, now); });
}

}  // namespace duress::kube
