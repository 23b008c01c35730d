#include "observe/compact.h"

#include <algorithm>

#include "observe/byte_coding.h"
#include "observe/recording_coding.h"
#include "observe/thinning.h"

namespace duress::observe {

namespace {

constexpr std::size_t kMostOfHeader = 4;  // of the parts of all
constexpr std::size_t kMostOfEvents = 4;

bool is_kill(const Event& event) {
  return event.kind == EventKind::kOomKill || event.kind == EventKind::kOomGroupKill ||
         event.kind == EventKind::kOutsiderKilled || event.kind == EventKind::kSupervisorKilled;
}

// What can be long: commands and notes are other people's.
std::string beginning(const Recording& recording, std::size_t most) {
  const auto encode = [](const Recording& of) {
    RecordingEncoder encoder;
    std::string out = encoder.header(of.header);
    if (of.plan) out += encoder.plan(*of.plan);
    if (of.foretold) out += encoder.foretold(*of.foretold);
    return out;
  };
  std::string out = encode(recording);
  if (out.size() <= most) return out;
  Recording shorter;
  shorter.header = recording.header;
  shorter.header.command.clear();
  shorter.header.levels.clear();
  shorter.plan = recording.plan;
  shorter.foretold = recording.foretold;
  if (shorter.plan) shorter.plan->notes.clear();
  return encode(shorter);
}

std::string encoded(const std::vector<const Event*>& events) {
  RecordingEncoder encoder;
  std::string out;
  for (const Event* event : events) out += encoder.event(*event);
  return out;
}

// Alternately from both ends: how it began, and how it ended. Kills before all else.
std::string some_events(const std::vector<Event>& events, std::size_t most) {
  std::vector<const Event*> by_weight;
  std::vector<const Event*> others;
  for (const Event& event : events) (is_kill(event) ? by_weight : others).push_back(&event);
  for (std::size_t i = 0; i < others.size(); ++i)
    by_weight.push_back(i % 2 == 0 ? others[i / 2] : others[others.size() - 1 - i / 2]);
  std::vector<const Event*> kept;
  std::size_t taken = 0;
  for (const Event* event : by_weight) {
    const std::size_t size = RecordingEncoder().event(*event).size();
    if (taken + size > most) break;
    taken += size;
    kept.push_back(event);
  }
  std::ranges::sort(kept);  // they stand in one vector
  std::string out = encoded(kept);
  if (kept.size() == events.size()) return out;
  const Event note{.at = events.back().at,
                   .kind = EventKind::kNoted,
                   .text = std::to_string(events.size() - kept.size()) +
                           " events are left out: the recording was made to fit"};
  return out + RecordingEncoder().event(note);
}

std::string encoded(const std::vector<Look>& looks) {
  RecordingEncoder encoder;
  std::string out;
  for (const Look& look : looks) out += encoder.look(look);
  return out;
}

std::string some_looks(const std::vector<Look>& looks, std::size_t most) {
  std::string out = encoded(looks);
  // A stretch keeps three looks at most; what a look takes is known only when it is written.
  std::size_t stretches = std::max<std::size_t>(looks.size(), 1);
  while (out.size() > most && stretches > 1) {
    stretches = std::max<std::size_t>(std::min(stretches * most / out.size(), stretches - 1), 1);
    Thinning thinning(stretches);
    for (const Look& look : looks) thinning.add(look);
    out = encoded(thinning.take());
  }
  return out.size() <= most ? out : std::string();
}

}  // namespace

std::string compact(const Recording& recording, std::size_t most) {
  most = std::max(most, kLeastCompact);
  RecordingEncoder encoder;
  std::string end = recording.end ? encoder.end(*recording.end) : "";
  if (recording.complete) end += encoder.close();
  std::string out = beginning(recording, most / kMostOfHeader);
  std::string events;
  if (!recording.events.empty()) events = some_events(recording.events, most / kMostOfEvents);
  const std::size_t taken = out.size() + events.size() + end.size();
  out += some_looks(recording.looks, most > taken ? most - taken : 0);
  return out + events + end;
}

}  // namespace duress::observe
