// Which load should be on which container now: what a StressChaos controller decides, for the Pods
// of a rehearsal. It starts and ends nothing; who does is told by decide() and tells back what came
// of it. It keeps the book of every place (experiment, Pod, container) that was chosen. Pure but
// for that book; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/text.h"
#include "rehearse/state.h"
#include "spec/pod.h"
#include "spec/selection.h"

namespace duress::rehearse {

struct Experiment {
  std::string name{};
  std::string ns{};  // "": default
  spec::Selection selection{};
  std::optional<Duration> duration{};  // unset: no end
  bool paused = false;                 // by its annotation: never injected
  bool again = true;                   // a restarted container is stressed again
};

// One container of one Pod that an experiment means.
struct Place {
  std::size_t experiment = 0;
  std::size_t pod = 0;
  std::size_t container = 0;  // index into PodState::containers
};

enum class LoadStage { kWaiting, kOn, kOver };

// What has become of a place.
struct Booking {
  Place place{};
  LoadStage stage = LoadStage::kWaiting;
  int times = 0;               // how often a load was started there
  std::string container_id{};  // that it was started on last
  std::string why_over{};      // as the load told it
};

class Experiments final {
 public:
  struct Draw {
    std::string node{};  // what the machine is called as a node
    std::uint64_t seed = 0;
  };
  // kRefused: an experiment means nobody, or a container that a Pod does not have; the message
  // lists what there is.
  [[nodiscard]] static Result<Experiments> choose(std::vector<Experiment> experiments,
                                                  const std::vector<spec::Pod>& pods,
                                                  const std::vector<PodState>& states,
                                                  const Draw& draw);

  // From here on durations count.
  void begin(Instant now) { began_ = now; }
  [[nodiscard]] std::optional<Instant> began() const { return began_; }

  // Bookings whose load has to be started now, each on the container that runs at its place.
  [[nodiscard]] std::vector<std::size_t> due(Instant now,
                                             const std::vector<PodState>& states) const;
  void started(std::size_t booking, const std::string& container_id);
  void ended(std::size_t booking, std::string why);

  // What is left of the experiment's duration; unset: no end. Never negative.
  [[nodiscard]] std::optional<Duration> left(std::size_t experiment, Instant now) const;
  // No load is on, and none will be: the durations are over, or every load ended by itself while
  // its container lives on.
  [[nodiscard]] bool over(Instant now, const std::vector<PodState>& states) const;

  [[nodiscard]] const std::vector<Booking>& bookings() const { return bookings_; }
  [[nodiscard]] const std::vector<Experiment>& experiments() const { return experiments_; }

 private:
  explicit Experiments(std::vector<Experiment> experiments)
      : experiments_(std::move(experiments)) {}
  [[nodiscard]] bool may_start(const Booking& booking, Instant now,
                               const std::vector<PodState>& states) const;

  std::vector<Experiment> experiments_;
  std::vector<Booking> bookings_;
  std::optional<Instant> began_;
};

// Whether the Pods are as an experiment wants to find them: every one ready, or for good at its
// end, and no container younger than `settled`: where no probe says when it is ready, it takes its
// memory first.
[[nodiscard]] bool all_ready(const std::vector<PodState>& states, Instant now, Duration settled);

}  // namespace duress::rehearse
