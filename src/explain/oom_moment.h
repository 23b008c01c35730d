// The arithmetic below a forecast: how much room there is at each level, what is charged where at
// the moment when one of them runs out, and how heavy everybody is then. It chooses nobody
// (forecast.cpp does). A value of one forecast; one thread.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "explain/forecast.h"

namespace duress::explain {

// Sizes that a user may write go up to 2^63: a sum of two must not wrap round.
[[nodiscard]] Bytes sum(Bytes a, Bytes b);

struct OomMoment {
  std::string domain{};  // the cgroup that ran out; "/": the machine
  std::int64_t total_pages = 1;
  Bytes load{};             // charged for the load then
  double grown = 0;         // the part of their growth that growing processes have behind them
  bool by_growth = false;   // the load was all there already
  bool killer_off = false;  // v1: somebody has switched the killer off at that level
};

class OomField final {
 public:
  OomField(const Scene& scene, const Load& load);

  [[nodiscard]] std::vector<Room> way() const;
  [[nodiscard]] Bytes rise() const { return rise_; }  // what is asked for on top
  // What is held where nobody is killed: less than asked for where some is kept free.
  [[nodiscard]] Bytes held_quietly() const;
  // The load is quick and comes first, then whoever grows.
  [[nodiscard]] std::optional<OomMoment> first_moment() const;
  // After a kill, were the load to go on: whoever grows had the time to, and the workers that are
  // left take the rest.
  [[nodiscard]] std::optional<OomMoment> next_moment() const;
  void take_away(const std::vector<Contender>& killed);

  // Everybody below the domain, in the order in which the kernel looks at them.
  [[nodiscard]] std::vector<Contender> contenders(const OomMoment& moment) const;

 private:
  struct Level {
    Room room{};
    std::int64_t total_pages = 1;
    bool killer_off = false;
  };
  [[nodiscard]] Level machine() const;
  [[nodiscard]] Bytes growth_of(const cgroup::OomProcess& process) const;
  [[nodiscard]] Bytes growth_below(const std::string& cgroup) const;
  [[nodiscard]] std::optional<OomMoment> by_load(Bytes load, double grown) const;
  [[nodiscard]] std::optional<OomMoment> by_growth(Bytes load) const;
  [[nodiscard]] Contender worker(int number, double part, const OomMoment& moment) const;
  [[nodiscard]] Contender process(const cgroup::OomProcess& seen, const OomMoment& moment) const;
  [[nodiscard]] std::size_t place_of_workers() const;

  const Scene& scene_;
  const Load& load_;
  std::string target_;
  std::vector<Level> levels_;  // the target first, the machine last
  std::vector<cgroup::OomProcess> processes_;
  std::vector<double> shares_;  // of the workers that are alive
  Bytes rise_;
};

}  // namespace duress::explain
