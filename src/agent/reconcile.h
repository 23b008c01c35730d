// What a node has to do now, decided from its orders, the loads that are on, what became of earlier
// ones, which containers run, and the time. A load belongs to (experiment, container ID, content):
// deciding twice starts nothing twice, and what has no order ends. It starts and ends nothing
// itself and knows no API server. Pure; any thread.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "spec/node_stress.h"

namespace duress::agent {

// A place for a load: a container by its name, whatever ID it has now.
struct Slot {
  std::string experiment{};  // UID
  std::string ns{};
  std::string pod{};
  std::string container{};

  friend auto operator<=>(const Slot&, const Slot&) = default;
};

[[nodiscard]] Slot slot_of(const std::string& experiment, const spec::ContainerOrder& container);

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
  int deaths = 0;  // in a row
};

struct World {
  const std::map<std::string, OrderNow>& orders;  // by experiment's UID
  const std::vector<LoadNow>& loads;
  const std::map<Slot, PastLoad>& past;
  // The ID that each container of the orders has now, as far as it runs here.
  const std::map<Slot, std::string>& running;
  Instant now;
  WallTime server_now;  // by the API server's clock
};

struct Start {
  Slot slot{};
  std::string container_id{};
  std::uint64_t content = 0;
  std::optional<WallTime> deadline{};
  bool preflight = false;
};

enum class Because {
  kNoOrder,  // the NodeStress is gone, or the container is no longer in it
  kStop,     // desiredPhase
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

// Something is to be started for it, a load or a preflight.
[[nodiscard]] bool is_wanted(const spec::NodeOrder& order);
[[nodiscard]] bool is_over(const spec::NodeOrder& order, WallTime now);

[[nodiscard]] Actions reconcile(const World& world);

// Why nothing is on in a slot of an order; empty: something is, or is about to be.
[[nodiscard]] std::string why_waiting(const World& world, const OrderNow& order, const Slot& slot);

// Preflights are processes of some milliseconds: so many at a time.
inline constexpr std::size_t kMostPreflights = 4;

// A supervisor that was killed is begun anew after this, so often in a row.
inline constexpr auto kAfterADeath = std::chrono::seconds(2);
inline constexpr int kMostDeaths = 3;

}  // namespace duress::agent
