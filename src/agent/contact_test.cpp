#include "agent/contact.h"

#include <gtest/gtest.h>

namespace duress::agent {
namespace {

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

}  // namespace
}  // namespace duress::agent
