#include "kube/backoff.h"

#include <algorithm>

namespace duress::kube {

// splitmix64, by Sebastiano Vigna (public domain): https://prng.di.unimi.it/splitmix64.c
std::uint64_t Dice::next() {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t z = state_;
  z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9U;
  z = (z ^ (z >> 27U)) * 0x94d049bb133111ebU;
  return z ^ (z >> 31U);
}

double Dice::unit() { return static_cast<double>(next() >> 11U) * 0x1.0p-53; }

Duration Backoff::failed(Instant now) {
  if (now - last_ > policy_.forget_after) base_ = Duration{0};
  last_ = now;
  const auto grown = static_cast<double>(base_.count()) * policy_.factor;
  base_ = base_ == Duration{0}
              ? policy_.first
              : std::min(policy_.most, Duration(static_cast<Duration::rep>(grown)));
  const double extra = static_cast<double>(base_.count()) * policy_.jitter * dice_.unit();
  return base_ + Duration(static_cast<Duration::rep>(extra));
}

}  // namespace duress::kube
