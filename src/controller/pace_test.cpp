#include "controller/pace.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace duress::controller
