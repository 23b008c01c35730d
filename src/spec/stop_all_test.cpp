#include "spec/stop_all.h"

#include <gtest/gtest.h>

namespace duress::spec {
namespace {

using std::chrono::seconds;

TEST(StopAll, StopsWhatIsNotNewer) {
  StopAll stop;
  EXPECT_FALSE(stop.stops(WallTime(seconds(1))));
  EXPECT_TRUE(stop.saw(WallTime(seconds(10))));
  EXPECT_TRUE(stop.stops(WallTime(seconds(9))));
  EXPECT_TRUE(stop.stops(WallTime(seconds(10))));
  EXPECT_FALSE(stop.stops(WallTime(seconds(11))));
}

TEST(StopAll, TakesNothingBack) {
  StopAll stop;
  EXPECT_TRUE(stop.saw(WallTime(seconds(10))));
  EXPECT_FALSE(stop.saw(WallTime(seconds(5))));
  EXPECT_FALSE(stop.saw(std::nullopt));
  EXPECT_TRUE(stop.stops(WallTime(seconds(10))));
  EXPECT_TRUE(stop.saw(WallTime(seconds(20))));
  EXPECT_TRUE(stop.stops(WallTime(seconds(15))));
}

}  // namespace
}  // namespace duress::spec
