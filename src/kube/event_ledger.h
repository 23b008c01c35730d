// Which events are written, decided: for each target and reason the first at once, and those that
// follow within ten seconds gathered into one write that counts them. It writes nothing. Pure, and
// bounded; owned by an EventRecorder.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"

namespace duress::kube {

struct ObjectReference {
  std::string api_version{};
  std::string kind{};
  std::string ns{};  // empty for what is in none: the event is then in "default"
  std::string name{};
  std::string uid{};
};

struct EventNote {
  ObjectReference target{};
  bool is_warning = false;
  std::string reason{};  // "Applied"
  std::string message{};
};

// One write: the event of its target and reason has been `count` times in all.
struct EventWrite {
  EventNote note{};    // of the last
  std::string name{};  // of the event object: the same for the same target and reason
  std::int64_t count = 1;
  WallTime first{};
  WallTime last{};
  bool is_new = true;  // create it; else it is there already, if the server has not dropped it
};

class EventLedger final {
 public:
  static constexpr auto kAtMostOncePer = std::chrono::seconds(10);
  static constexpr auto kForgottenAfter = std::chrono::minutes(10);
  static constexpr std::size_t kMostKept = 4096;

  // What is to be written at once, if anything.
  [[nodiscard]] std::optional<EventWrite> note(const EventNote& note, Instant now, WallTime wall);
  // What has waited long enough.
  [[nodiscard]] std::vector<EventWrite> due(Instant now);
  // When due() has something, at the earliest.
  [[nodiscard]] std::optional<Instant> next() const;

 private:
  struct Kept {
    EventWrite write;
    Instant written;
    bool waits = false;
  };
  [[nodiscard]] static bool is_old(const Kept& kept, Instant now);
  void forget_old(Instant now);

  Instant swept_{};
  std::map<std::string, Kept> kept_;  // by target's UID and reason
};

}  // namespace duress::kube
