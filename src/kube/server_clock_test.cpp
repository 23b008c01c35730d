#include "kube/server_clock.h"

#include <gtest/gtest.h>

namespace duress::kube {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kBegin{seconds(1000)};
constexpr WallTime kThere{seconds(1'790'000'000)};

WallTime after(int time) { return kThere + seconds(time); }

TEST(ServerClock, TheAnswerFurthestAheadIsNearestToTheTruth) {
  ServerClock clock;
  EXPECT_FALSE(clock.now(kBegin));
  // It is 12:00:00.9 there; a second later the same second has just begun.
  clock.heard(kThere, kBegin);
  clock.heard(after(1), kBegin + milliseconds(150));
  clock.heard(after(1), kBegin + milliseconds(900));
  EXPECT_EQ(clock.now(kBegin + milliseconds(150)), after(1));
  EXPECT_EQ(clock.when(after(11)), kBegin + milliseconds(10150));
}

TEST(ServerClock, IsNotSetBackByAnAnswerThatTookLong) {
  ServerClock clock;
  clock.heard(after(0), kBegin);
  clock.heard(after(1), kBegin + seconds(20));
  EXPECT_EQ(clock.now(kBegin + seconds(20)), after(20));
}

TEST(ServerClock, BelievesAClockThatWasSetBack) {
  ServerClock clock;
  clock.heard(after(3600), kBegin);
  for (int i = 1; i <= 130; ++i) clock.heard(after(i), kBegin + seconds(i));
  EXPECT_EQ(clock.now(kBegin + seconds(130)), after(130));
}

}  // namespace
}  // namespace duress::kube
