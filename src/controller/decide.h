// What is to be done for one experiment now: which orders to give, change and remove, what becomes
// of its finalizer, what its status is, and when to look again. Everything that it depends on is
// handed in, so the same world gives the same decision after any crash. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "controller/passing.h"
#include "controller/progress.h"
#include "spec/stop_all.h"

namespace duress::controller {

// A preflight is removed so long after it was made, whoever made it and whatever came of it.
inline constexpr auto kPreflightLasts = std::chrono::seconds(60);

struct Settings {
  // So long after an order to stop its node need not answer any more: the agent's dead man's switch
  // has released by then (60 s), and the lease of its workers is over (15 s).
  Duration release_timeout = std::chrono::seconds(75);
  bool namespace_filter = false;
  Bounds bounds{};
  // So long agents keep the recordings of loads that have ended, and so long objects of them stay.
  Duration recordings_kept = std::chrono::hours(1);
};

struct Situation {
  const ExperimentView& experiment;
  const OrderBook& book;  // of all experiments
  const Inventory& inventory;
  const Settings& settings;
  const spec::StopAll& stop_all;
  WallTime now{};  // by the API server's clock
};

struct Decision {
  enum class Finalizer { kKeep, kAdd, kRemove };

  std::vector<OrderAction> orders{};
  std::vector<Passing> passings{};
  bool watched = false;
  Finalizer finalizer = Finalizer::kKeep;
  bool remove = false;  // the experiment itself: a preflight whose time is over
  Status status{};
  std::vector<Note> notes{};  // beside those that tell the change of the status
  std::optional<WallTime> wake{};
};
[[nodiscard]] Decision decide(const Situation& situation);

// The finalizers that are left when ours goes, or with ours.
[[nodiscard]] std::vector<std::string> finalizers_after(const ExperimentView& experiment,
                                                        Decision::Finalizer what);

// Orders of experiments that there are no more, or that lie in another scope than `ns` (empty:
// all): only those that have been there for a while, as an experiment may not be known yet.
inline constexpr auto kOrphanAfter = std::chrono::seconds(30);
[[nodiscard]] std::vector<std::string> orphans(const OrderBook& book,
                                               const std::vector<std::string>& experiment_uids,
                                               const std::string& ns, WallTime now);

}  // namespace duress::controller
