#include "explain/verdict_sawtooth.h"

#include <algorithm>

namespace duress::explain::judging {

namespace {

using observe::Look;

// A fall or a climb counts from here on: a tenth of the height, as the counter's own steps and an
// application's breathing are smaller.
constexpr std::int64_t kPart = 10;
constexpr Bytes kLeast = mib(4);
// From the top to below it within this, or within one look of a recording that was thinned out.
constexpr auto kSharp = std::chrono::seconds(2);

// Follows usage from a high to a low and back, with a threshold that a turn has to pass.
class Turns final {
 public:
  Turns(Bytes threshold, Bytes start) : threshold_(threshold), high_(start), low_(start) {}

  void see(const Look& look, Duration step) { falling_ ? fall(look) : climb(look, step); }
  [[nodiscard]] const Sawtooth& result() const { return out_; }

 private:
  void climb(const Look& look, Duration step) {
    const Bytes usage = look.memory.usage;
    high_ = std::max(high_, usage);
    // The last time near the top: from there the fall is timed.
    if (usage + threshold_ > high_) {
      near_top_ = look.at;
      return;
    }
    falling_ = true;
    sharp_ = look.at - near_top_ <= std::max<Duration>(kSharp, step);
    low_ = usage;
  }

  void fall(const Look& look) {
    const Bytes usage = look.memory.usage;
    low_ = std::min(low_, usage);
    if (usage < low_ + threshold_) return;
    if (sharp_) {
      ++out_.teeth;
      out_.highest = std::max(out_.highest, high_);
      out_.lowest = out_.teeth == 1 ? low_ : std::min(out_.lowest, low_);
    }
    falling_ = false;
    high_ = usage;
    near_top_ = look.at;
  }

  Bytes threshold_;
  Bytes high_;
  Bytes low_;
  Duration near_top_{0};
  bool falling_ = false;
  bool sharp_ = false;
  Sawtooth out_;
};

}  // namespace

Sawtooth sawtooth_of(const std::vector<Look>& looks) {
  if (looks.empty()) return {};
  Bytes most{};
  for (const Look& look : looks) most = std::max(most, look.memory.usage);
  Turns turns(std::max(kLeast, most / kPart), looks.front().memory.usage);
  Duration last = looks.front().at;
  for (const Look& look : looks) {
    turns.see(look, look.at - last);
    last = look.at;
  }
  return turns.result();
}

}  // namespace duress::explain::judging
