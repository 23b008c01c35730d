#include "stress/memory_steering.h"

#include <gtest/gtest.h>

namespace duress::stress {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Instant kStart{seconds(1000)};

Measured at(Duration since, Bytes metric, Bytes charged, std::optional<Bytes> room = std::nullopt) {
  return {.now = kStart + since, .metric = metric, .charged = charged, .room = room};
}

TEST(MemorySteering, AddWantsItsSizeWhateverTheApplicationDoes) {
  MemorySteering steering({.size = mib(50), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), mib(10), mib(0))), mib(50));
  EXPECT_EQ(steering.want(at(seconds(2), mib(500), mib(50))), mib(50));
}

TEST(MemorySteering, NeverWantsMoreThanTheMost) {
  MemorySteering steering({.size = mib(50), .most = mib(50), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), {}, {})), mib(50));
  EXPECT_FALSE(steering.capped());
  steering.resize(mib(80));  // the limit that it is a part of grew
  EXPECT_EQ(steering.want(at(seconds(2), {}, mib(50))), mib(50));
  EXPECT_TRUE(steering.capped());
  steering.resize(mib(40));
  EXPECT_EQ(steering.want(at(seconds(3), {}, mib(50))), mib(40));
  EXPECT_FALSE(steering.capped());
}

TEST(MemorySteering, ReachNeverHoldsMoreThanTheMost) {
  MemorySteering steering(
      {.mode = spec::Mode::kReach, .size = mib(400), .most = mib(200), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), mib(300), mib(0))), mib(100));
  EXPECT_EQ(steering.want(at(seconds(2), mib(200), mib(100))), mib(200));
  EXPECT_TRUE(steering.capped());
}

TEST(MemorySteering, RampGrowsLinearly) {
  MemorySteering steering({.size = mib(100), .ramp = seconds(10), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(0), {}, {})), mib(0));
  EXPECT_EQ(steering.want(at(seconds(5), {}, {})), mib(50));
  EXPECT_EQ(steering.want(at(seconds(11), {}, {})), mib(100));
}

TEST(MemorySteering, ReachFillsWhatTheApplicationLeaves) {
  MemorySteering steering({.mode = spec::Mode::kReach, .size = mib(400), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), mib(100), mib(0))), mib(300));
  // The application grew by 50 MiB: the load shrinks by as much.
  EXPECT_EQ(steering.want(at(seconds(2), mib(450), mib(300))), mib(250));
  // It shrank by 100 MiB.
  EXPECT_EQ(steering.want(at(seconds(3), mib(300), mib(250))), mib(350));
}

TEST(MemorySteering, ReachLeavesASmallSwingOfTheCounterAlone) {
  MemorySteering steering({.mode = spec::Mode::kReach, .size = mib(400), .start = kStart});
  const Bytes first = steering.want(at(seconds(1), mib(100), mib(0)));
  EXPECT_EQ(steering.want(at(seconds(2), mib(400) + kib(100), mib(300))), first);
}

TEST(MemorySteering, ReachOfALevelBelowTheApplicationHoldsNothing) {
  MemorySteering steering({.mode = spec::Mode::kReach, .size = mib(100), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), mib(300), mib(0))), mib(0));
}

TEST(MemorySteering, ReachFollowsAResize) {
  MemorySteering steering({.mode = spec::Mode::kReach, .size = mib(400), .start = kStart});
  (void)steering.want(at(seconds(1), mib(100), mib(0)));
  steering.resize(mib(200));
  EXPECT_EQ(steering.want(at(seconds(2), mib(400), mib(300))), mib(100));
}

TEST(MemorySteering, KeepsTheAgreedPartOfTheRoomFree) {
  MemorySteering steering({.size = mib(3000), .keep_free = mib(16), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), {}, mib(0), mib(400))), mib(384));
  EXPECT_TRUE(steering.yielding());
}

TEST(MemorySteering, GivesWayByMoreThanWhatTheApplicationTook) {
  MemorySteering steering({.size = mib(3000), .keep_free = mib(16), .start = kStart});
  (void)steering.want(at(seconds(1), {}, mib(384), mib(16)));
  const Bytes after = steering.want(at(seconds(1) + milliseconds(3), {}, mib(384), mib(6)));
  // 10 MiB were taken within the 16 that are kept free: those come back, and 20 more for what
  // follows.
  EXPECT_EQ(after, mib(384 - 10 - 20));
}

TEST(MemorySteering, TakesBackOnlyAfterAQuietWhile) {
  MemorySteering steering({.size = mib(3000), .keep_free = mib(16), .start = kStart});
  (void)steering.want(at(seconds(1), {}, mib(384), mib(16)));
  (void)steering.want(at(seconds(1) + milliseconds(3), {}, mib(384), mib(6)));
  EXPECT_EQ(steering.want(at(seconds(1) + milliseconds(100), {}, mib(354), mib(100))), mib(354));
  EXPECT_EQ(steering.want(at(seconds(2), {}, mib(354), mib(100))), mib(354 + 84));
}

TEST(MemorySteering, GivesWayAtAnAlarmThoughRoomIsRead) {
  MemorySteering steering({.size = mib(3000), .keep_free = mib(16), .start = kStart});
  Measured measured = at(seconds(1), {}, mib(384), mib(16));
  measured.alarmed = true;
  EXPECT_LT(steering.want(measured), mib(384));
}

TEST(MemorySteering, HoldsAllWhereThereIsNoLimit) {
  MemorySteering steering({.size = mib(3000), .keep_free = mib(16), .start = kStart});
  EXPECT_EQ(steering.want(at(seconds(1), {}, mib(0))), mib(3000));
  EXPECT_FALSE(steering.yielding());
}

TEST(PageTables, AreAPageForEachTwoMebibytesAndTwoAbove) {
  EXPECT_EQ(page_tables(Bytes{0}), Bytes{0});
  EXPECT_EQ(page_tables(kPageSize), kPageSize * 3);
  EXPECT_EQ(page_tables(mib(2)), kPageSize * 3);
  EXPECT_EQ(page_tables(mib(50)), kPageSize * 27);
}

TEST(Holdable, LeavesRoomForItsPageTables) {
  for (const Bytes charge : {mib(1), mib(50), mib(50) + Bytes{12345}, gib(4), gib(12)}) {
    const Bytes held = holdable(charge, Bytes{0});
    EXPECT_LE(held + page_tables(held), charge);
    EXPECT_GT(held + page_tables(held) + kPageSize * 2, charge);
    EXPECT_EQ(held.value % kPageSize.value, 0);
  }
}

TEST(Holdable, CountsNoTablesForWhatWasFilledFromOutside) {
  EXPECT_EQ(holdable(mib(50), mib(50)), mib(50));
  EXPECT_EQ(holdable(mib(50), mib(48)), mib(50) - kPageSize * 3);
}

TEST(Holdable, IsNothingForLessThanAPageAndItsTables) {
  EXPECT_EQ(holdable(kPageSize * 3, Bytes{0}), Bytes{0});
  EXPECT_EQ(holdable(Bytes{-5}, Bytes{0}), Bytes{0});
}

}  // namespace
}  // namespace duress::stress
