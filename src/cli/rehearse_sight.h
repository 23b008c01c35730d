// What there is to see of a rehearsal at one moment: the Pods, what was measured of their
// containers, the loads on them, the last events. Values for the view, the lines and the JSON; they
// decide nothing. Made by the session; any thread.
#pragma once

#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/text.h"
#include "observe/recording.h"
#include "rehearse/experiments.h"
#include "rehearse/state.h"

namespace duress::cli {

struct LoadSight {
  std::string experiment{};
  rehearse::LoadStage stage = rehearse::LoadStage::kWaiting;
  int times = 0;  // how often it was started here
  std::optional<Bytes> asked{};
  std::optional<Bytes> held{};
  std::string last_word{};  // of the load; where it is over, why
};

struct ContainerSight {
  std::size_t pod = 0;
  std::size_t container = 0;
  std::optional<observe::Look> look{};  // the last one
  std::vector<LoadSight> loads{};
};

// An event, with its like folded into it as `kubectl describe` does.
struct EventSight {
  Duration at{0};  // the last of them
  bool warning = false;
  std::string reason{};
  std::string who{};  // "hello-world-7d4/hello"; "" for the rehearsal itself
  std::string text{};
  int count = 1;
};

struct RehearsalSight {
  Instant now{};                     // when it was taken
  Duration at{0};                    // since the start
  std::optional<Duration> loaded{};  // since the experiments began
  std::optional<Duration> left{};    // until the last of them is over
  std::string machine{};             // "cgroup v1, node of 23.5 GiB"
  std::vector<rehearse::PodState> pods{};
  std::vector<ContainerSight> containers{};
  std::deque<EventSight> events{};  // the newest at the end
  bool stopping = false;
};

// Adds an event; one that says the same of the same container as one of the last few is counted
// there. At most `kMostEvents` are kept.
inline constexpr std::size_t kMostEvents = 200;
void add_event(std::deque<EventSight>& events, EventSight event);

}  // namespace duress::cli
