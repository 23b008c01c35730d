// What an agent says of a container, made of what its load told, and when it is worth saying: a
// change of state at once, figures now and then. It writes nothing. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "agent/load_news.h"
#include "base/clock.h"
#include "base/text.h"
#include "spec/node_stress.h"

namespace duress::agent {

// What the node knows of a load's end.
struct LoadEnding {
  std::string ours{};         // why we ended it; empty: it ended by itself
  bool begins_again = false;  // it was ended by somebody else, and it is wanted still
};

// What is measured beside the report, for the agent's own figures.
struct Metered {
  std::int64_t throttled = 0;              // periods, while it was stressed
  std::optional<Duration> placed_after{};  // of the last load: from its start to its workers'
};

// A container's report as it grows over the loads that it had.
class ContainerStory final {
 public:
  ContainerStory() = default;
  // What was reported before this agent was there.
  explicit ContainerStory(spec::ContainerReport before);

  // By another order: what failed did so for the one before, and is no answer to this one.
  void asked_anew();
  void starts(const std::string& id);
  void foretells(const std::string& id);  // a preflight
  void hear(const LoadNews& news, WallTime now);
  void ended(const LoadOver& over, const LoadEnding& ending);
  void refused(const std::string& why);
  void waits(const std::string& why);
  void held_back();  // what was begun did not begin: the node has no room for it yet
  void judged(const std::string& sentence) { report_.verdict = sentence; }

  void placed(Duration after) { metered_.placed_after = after; }

  [[nodiscard]] const spec::ContainerReport& report() const { return report_; }
  [[nodiscard]] const Metered& metered() const { return metered_; }

 private:
  void hear_foretold(const LoadForetold& foretold);
  void hear_plan(const LoadPlanned& planned);
  void hear_sample(const LoadSampled& sampled);
  void forget_figures();

  spec::ContainerReport report_;
  std::int64_t kills_before_ = 0;  // of earlier loads
  std::int64_t oom_kills_before_ = 0;
  Metered metered_;
  std::int64_t throttled_before_ = 0;
};

// Every text cut so that a report of so many containers keeps an object within 256 KiB.
void fit(spec::NodeReport& report);

// When a report is written: at once where the state has changed, but at most once a second (a
// release: at once always); figures alone every ten seconds or so, where they moved by more than 1
// % or 1 MiB. While somebody looks, whatever has changed once a second.
class ReportPacer final {
 public:
  explicit ReportPacer(Duration jitter) : figures_every_(kFiguresEvery + jitter) {}

  // How long to wait with this report; unset: there is nothing to write.
  [[nodiscard]] std::optional<Duration> due_in(const spec::NodeReport& report, Instant now) const;
  void wrote(const spec::NodeReport& report, Instant now);
  void watched(std::optional<Instant> until) { watched_until_ = until; }
  // It was not taken: the next try is after a second.
  void failed() { told_.reset(); }

  static constexpr auto kAtMostEvery = std::chrono::seconds(1);
  static constexpr auto kFiguresEvery = std::chrono::seconds(9);
  static constexpr auto kMostJitter = std::chrono::seconds(1);

 private:
  Duration figures_every_;
  std::optional<spec::NodeReport> told_;
  std::optional<Instant> at_;
  std::optional<Instant> watched_until_;
};

}  // namespace duress::agent
