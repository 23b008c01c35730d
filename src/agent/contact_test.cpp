#include "agent/contact.h"

#include <gtest/gtest.h>

namespace duress::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

TEST(DeadMan, IsLostWithoutASignForSoLong) {
  const Instant start{seconds(100)};
  DeadMan man(seconds(60), start);
  EXPECT_FALSE(man.is_lost(start + seconds(59)));
  EXPECT_EQ(man.left(start + seconds(50), seconds(30)), seconds(10));
  EXPECT_TRUE(man.is_lost(start + seconds(60)));
  man.heard(start + seconds(61));
  EXPECT_FALSE(man.is_lost(start + seconds(120)));
  EXPECT_FALSE(DeadMan(seconds(0), start).is_lost(start + std::chrono::hours(24 * 365)));
}

TEST(ServerClock, IsAsExactAsTheBestOfItsAnswers) {
  // The server is at 1000.0 s when this node is at 0.0 s; it tells whole seconds.
  ServerClock clock;
  EXPECT_FALSE(clock.at(Instant{}));
  const auto tells = [&](milliseconds here) {
    clock.told(WallTime(std::chrono::floor<seconds>(seconds(1000) + here)), Instant(here));
  };
  tells(milliseconds(900));
  EXPECT_EQ(clock.at(Instant(seconds(2))), WallTime(milliseconds(1'001'100)));
  tells(milliseconds(2010));
  EXPECT_EQ(clock.at(Instant(seconds(3))), WallTime(milliseconds(1'002'990)));
  tells(milliseconds(3700));
  EXPECT_EQ(clock.at(Instant(seconds(4))), WallTime(milliseconds(1'003'990)));
}

TEST(ServerClock, FollowsAServerWhoseClockIsSet) {
  ServerClock clock;
  clock.told(WallTime(seconds(1000)), Instant{});
  clock.told(WallTime(seconds(900)), Instant{});
  EXPECT_EQ(clock.at(Instant{}), WallTime(seconds(900)));
}

}  // namespace
}  // namespace duress::agent
