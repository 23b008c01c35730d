// What a node has to do now, decided from its orders, the loads that are on, what became of earlier
// ones, which containers run, and the time. A load belongs to (experiment, container ID, content):
// deciding twice starts nothing twice, and what has no order ends. It starts and ends nothing
// itself and knows no API server. Pure; any thread.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "agent/bounds.h"
#include "agent/slot.h"
#include "base/clock.h"
#include "base/text.h"
#include "spec/node_stress.h"

namespace duress::agent {

struct OrderNow {
  spec::NodeOrder order{};
  std::uint64_t content = 0;  // content_of(order)
};

// What a load is started with, as a number: it changes when a running load has to be begun anew.
[[nodiscard]] std::uint64_t content_of(const spec::NodeOrder& order);

struct LoadNow {
  std::uint64_t number = 0;
  Slot slot{};
  std::string container_id{};
  std::uint64_t content = 0;
  std::optional<WallTime> deadline{};  // it ends by itself then
  bool stopping = false;
  bool preflight = false;
  std::optional<Bytes> claim{};  // of memory, at most; unset: it has not told yet
  bool fills = false;            // it does not hold yet what it is to hold
};

enum class Fate {
  kStopped,  // by us: it may begin again when it is wanted again
  kEnded,    // by itself, with a word: not again on the same container
  kDied,     // by somebody else: its supervisor was killed, or told to end
};

// The last load of a slot that is over.
struct PastLoad {
  std::string container_id{};
  std::uint64_t content = 0;
  std::optional<WallTime> deadline{};
  Fate fate = Fate::kStopped;
  Instant at{};
  int deaths = 0;                // in a row
  std::optional<Bytes> claim{};  // it was not begun, for so much was not left
};

struct World {
  const std::map<std::string, OrderNow>& orders;  // by experiment's UID
  const std::vector<LoadNow>& loads;
  const std::map<Slot, PastLoad>& past;
  const std::map<Slot, std::string>& running;  // the ID that each container has now
  Instant now;
  WallTime server_now;  // by the API server's clock
  Bounds bounds{};
};

struct Start {
  Slot slot{};
  std::string container_id{};
  std::uint64_t content = 0;
  std::optional<WallTime> deadline{};
  bool preflight = false;
  std::optional<Bytes> at_most{};  // of memory
  bool fills = false;
};

enum class Because {
  kNoOrder,  // the NodeStress is gone, or the container is no longer in it
  kStop,
  kDeadline,
  kChanged,         // begun anew with what is asked for now
  kOtherContainer,  // the container has another ID now
};

struct Stop {
  std::uint64_t number = 0;
  Because because = Because::kNoOrder;
};

struct Actions {
  std::vector<Stop> stops{};
  std::vector<Start> starts{};
  std::optional<Duration> again{};  // when something is due though nothing happens
};

// Than the one that a load with this content and deadline was put on by: its end is not this one's.
[[nodiscard]] bool is_another(const OrderNow& order, std::uint64_t content,
                              const std::optional<WallTime>& deadline);
// Something is to be started for it, a load or a preflight.
[[nodiscard]] bool is_wanted(const spec::NodeOrder& order);
[[nodiscard]] bool is_over(const spec::NodeOrder& order, WallTime now);

[[nodiscard]] Actions reconcile(const World& world);

// What they take of the node's bounds.
[[nodiscard]] Taken taken_by(const std::vector<LoadNow>& loads);

// Why nothing is on in a slot of an order; empty: something is, or is about to be.
[[nodiscard]] std::string why_waiting(const World& world, const OrderNow& order, const Slot& slot);

// A supervisor that was killed is begun anew after this, so often in a row.
inline constexpr auto kAfterADeath = std::chrono::seconds(2);
inline constexpr int kMostDeaths = 3;

}  // namespace duress::agent
