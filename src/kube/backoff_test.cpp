#include "kube/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace duress::kube {
namespace {

constexpr BackoffPolicy kExact{.first = std::chrono::milliseconds(100),
                               .most = std::chrono::seconds(1),
                               .factor = 2.0,
                               .jitter = 0.0};

TEST(Backoff, DoublesUpToTheMost) {
  Backoff backoff(kExact, 1);
  const Instant now{std::chrono::seconds(100)};
  EXPECT_EQ(backoff.failed(now), std::chrono::milliseconds(100));
  EXPECT_EQ(backoff.failed(now), std::chrono::milliseconds(200));
  EXPECT_EQ(backoff.failed(now), std::chrono::milliseconds(400));
  EXPECT_EQ(backoff.failed(now), std::chrono::milliseconds(800));
  EXPECT_EQ(backoff.failed(now), std::chrono::seconds(1));
  EXPECT_EQ(backoff.failed(now), std::chrono::seconds(1));
}

TEST(Backoff, BeginsAnewAfterSuccessAndAfterALongTime) {
  Backoff backoff(kExact, 1);
  Instant now{std::chrono::seconds(100)};
  static_cast<void>(backoff.failed(now));
  static_cast<void>(backoff.failed(now));
  backoff.succeeded();
  EXPECT_EQ(backoff.failed(now), std::chrono::milliseconds(100));
  static_cast<void>(backoff.failed(now));
  now += std::chrono::minutes(3);
  EXPECT_EQ(backoff.failed(now), std::chrono::milliseconds(100));
}

TEST(Backoff, SpreadsTheWaitsOfManyAndRepeatsThemForASeed) {
  BackoffPolicy policy = kExact;
  policy.jitter = 0.5;
  std::set<Duration> waits;
  const Instant now{std::chrono::seconds(100)};
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const Duration wait = Backoff(policy, seed).failed(now);
    EXPECT_GE(wait, std::chrono::milliseconds(100));
    EXPECT_LT(wait, std::chrono::milliseconds(150));
    EXPECT_EQ(wait, Backoff(policy, seed).failed(now));
    waits.insert(wait);
  }
  EXPECT_GT(waits.size(), 95U);
}

// The first three of the reference program with the seed 1234567.
TEST(Dice, IsSplitMix64) {
  Dice dice(1234567);
  EXPECT_EQ(dice.next(), 6457827717110365317U);
  EXPECT_EQ(dice.next(), 3203168211198807973U);
  EXPECT_EQ(dice.next(), 9817491932198370423U);
}

}  // namespace
}  // namespace duress::kube
