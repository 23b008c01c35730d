#include "observe/thinning.h"

#include <utility>

namespace duress::observe {

namespace {

bool above(const Look& a, const Look& b) { return a.memory.usage > b.memory.usage; }

}  // namespace

void Thinning::Stretch::consider(const Look& look) {
  if (above(look, highest ? *highest : first)) highest = look;
  if (above(lowest ? *lowest : first, look)) lowest = look;
}

void Thinning::Stretch::join(const Stretch& later) {
  consider(later.first);
  if (later.highest) consider(*later.highest);
  if (later.lowest) consider(*later.lowest);
}

std::optional<Duration> Thinning::last_at() const {
  return last_ ? std::optional(last_->at) : std::nullopt;
}

void Thinning::add(const Look& look) {
  ++added_;
  last_ = look;
  if (in_last_ == looks_each_ && stretches_.size() == most_stretches_) halve();
  if (in_last_ < looks_each_ && !stretches_.empty()) {
    stretches_.back().consider(look);
    ++in_last_;
    return;
  }
  stretches_.push_back({.first = look});
  in_last_ = 1;
}

// The last stretch is whole; where their number is odd it becomes half of one.
void Thinning::halve() {
  const bool odd = stretches_.size() % 2 == 1;
  for (std::size_t i = 0; 2 * i < stretches_.size(); ++i) {
    Stretch joined = stretches_[2 * i];
    if (2 * i + 1 < stretches_.size()) joined.join(stretches_[2 * i + 1]);
    stretches_[i] = joined;
  }
  stretches_.resize((stretches_.size() + 1) / 2);
  in_last_ = odd ? looks_each_ : 2 * looks_each_;
  looks_each_ *= 2;
}

std::vector<Look> Thinning::take() {
  std::vector<Look> out;
  for (const Stretch& stretch : stretches_) {
    std::optional<Look> earlier = stretch.highest;
    std::optional<Look> later = stretch.lowest;
    if (earlier && later && earlier->at > later->at) std::swap(earlier, later);
    out.push_back(stretch.first);
    if (earlier) out.push_back(*earlier);
    if (later) out.push_back(*later);
  }
  if (last_ && (out.empty() || out.back().at < last_->at)) out.push_back(*last_);
  *this = Thinning(most_stretches_);
  return out;
}

}  // namespace duress::observe
