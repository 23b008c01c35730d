#include "controller/pace.h"

#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kBegin{seconds(1000)};

TEST(StatusPace, TheFirstChangeIsAtOnce) {
  const StatusPace pace;
  EXPECT_EQ(pace.due(Change::kNumbers, kBegin), kBegin);
}

TEST(StatusPace, NumbersWaitLongerThanCountersThanStates) {
  StatusPace pace;
  pace.wrote(kBegin);
  const Instant now = kBegin + milliseconds(10);
  EXPECT_EQ(pace.due(Change::kState, now), now);
  EXPECT_EQ(pace.due(Change::kCounters, now), kBegin + seconds(1));
  EXPECT_EQ(pace.due(Change::kNumbers, now), kBegin + seconds(5));
}

TEST(StatusPace, ManyStatesAreOneASecondInTheEnd) {
  StatusPace pace;
  Instant now = kBegin;
  int writes = 0;
  while (now < kBegin + seconds(60)) {
    now = pace.due(Change::kState, now);
    pace.wrote(now);
    writes += 1;
    now += milliseconds(1);
  }
  EXPECT_LE(writes, 60 + StatusPace::kAtOnce + 1);
  EXPECT_GE(writes, 55);
}

TEST(ServerClock, TheAnswerFurthestAheadIsNearestToTheTruth) {
  ServerClock clock;
  EXPECT_FALSE(clock.now(kBegin));
  // It is 12:00:00.9 there; a second later the same second has just begun.
  clock.heard(testing::kStart, kBegin);
  clock.heard(testing::after(1), kBegin + milliseconds(150));
  clock.heard(testing::after(1), kBegin + milliseconds(900));
  EXPECT_EQ(clock.now(kBegin + milliseconds(150)), testing::after(1));
  EXPECT_EQ(clock.when(testing::after(11)), kBegin + milliseconds(10150));
}

TEST(ServerClock, BelievesAClockThatWasSetBack) {
  ServerClock clock;
  clock.heard(testing::after(3600), kBegin);
  for (int i = 1; i <= 130; ++i) clock.heard(testing::after(i), kBegin + seconds(i));
  EXPECT_EQ(clock.now(kBegin + seconds(130)), testing::after(130));
}

}  // namespace
}  // namespace duress::controller
