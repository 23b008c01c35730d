// How an experiment stands: the status that follows from its last one, its targets and what the
// nodes report, and the events that tell the difference between two of them. It orders nothing.
// Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "controller/experiment.h"
#include "controller/orders.h"

namespace duress::controller {

// Of the phase and of the condition that tells that all has been foretold.
inline constexpr std::string_view kPreflight = "Preflight";
inline constexpr std::string_view kPreflightDone = "PreflightDone";

enum class Will { kRun, kPaused, kTimeUp, kStopped, kGuarded, kDeleted, kInvalid };

// Of Completed: by a StopAll. It holds for good.
inline constexpr std::string_view kStoppedForAll = "StopAll";

// Of Completed: by one of its guards. It holds for good as well.
inline constexpr std::string_view kGuard = "Guard";

// A node that has not answered for so long is named, once.
inline constexpr auto kSilentAfter = std::chrono::seconds(10);

struct Facts {
  const ExperimentView& experiment;  // with its last status
  const OrderBook& book;
  const Inventory& inventory;
  Will will = Will::kRun;
  const std::vector<Target>& targets;  // without meaning unless it runs or is paused
  std::string problem{};               // of selecting
  bool too_many = false;               // that is it: more than the administrator allows
  std::string conflict{};              // with whom, about what
  std::string guarded{};               // kGuarded: by what
  bool all_released = false;
  const std::vector<OrderAction>& changes;  // that are given now: their nodes know nothing of them
  WallTime now{};
};
[[nodiscard]] Status next_status(const Facts& facts);

// As Chaos Mesh words them.
struct Note {
  bool is_warning = false;
  std::string reason{};
  std::string message{};

  friend bool operator==(const Note&, const Note&) = default;
};
[[nodiscard]] std::vector<Note> notes_between(const Status& told, const Status& now);

}  // namespace duress::controller
