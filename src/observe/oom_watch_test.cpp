#include "observe/oom_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::observe {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr Whereabouts kInside{.place = Place::kInside};
constexpr Whereabouts kOutside{.place = Place::kOutside};
constexpr Whereabouts kUnknown{};

OomLine killed(pid_t pid, std::string name, bool by_node = false) {
  return OomKilled{.by_node = by_node,
                   .pid = pid,
                   .name = std::move(name),
                   .resident = mib(40),
                   .oom_score_adj = 988};
}

OomLine choice(pid_t pid, std::string oom_cgroup, std::string task_cgroup) {
  return OomChoice{.oom_cgroup = std::move(oom_cgroup),
                   .task_cgroup = std::move(task_cgroup),
                   .name = "p" + std::to_string(pid),
                   .pid = pid};
}

// The cgroup has counted so many kills; these went.
Sight sight(std::int64_t kills, std::vector<SeenProcess> went = {}, std::int64_t groups = 0) {
  Sight out;
  out.look.oom_kills = kills;
  out.look.memory.usage = mib(480);
  out.levels = {{.path = "/pod/c", .limit = mib(500), .high = std::nullopt, .usage = mib(480)},
                {.path = "/pod", .limit = mib(900), .high = std::nullopt, .usage = mib(500)}};
  out.processes.went = std::move(went);
  out.group_kills = groups;
  return out;
}

class OomWatchTest : public ::testing::Test {
 protected:
  // Looks ten times a second.
  void run(Duration until, const Sight& seen) {
    for (; now <= until; now += milliseconds(100)) {
      watch.look(seen, now);
      for (Event& event : watch.take(now, false)) told.push_back(std::move(event));
    }
  }
  OomWatch watch{"/pod/c", true};
  Duration now{0};
  std::vector<Event> told;
};

TEST_F(OomWatchTest, ALineOfAKnownProcessIsAKillWithItsCircumstances) {
  watch.line(choice(7, "/pod/c", "/pod/c"), {}, milliseconds(10));
  watch.line(killed(7, "server"), kInside, milliseconds(10));
  run(milliseconds(300), sight(1));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].kind, EventKind::kOomKill);
  EXPECT_EQ(told[0].at, milliseconds(10));
  EXPECT_EQ(told[0].subject, "server");
  EXPECT_EQ(told[0].pid, 7);
  EXPECT_EQ(told[0].cgroup, "/pod/c");
  EXPECT_EQ(told[0].bytes, mib(500));
  EXPECT_EQ(told[0].resident, mib(40));
  EXPECT_THAT(told[0].text, HasSubstr("the limit of /pod/c was met"));
  run(seconds(5), sight(1));
  EXPECT_THAT(told, SizeIs(1));
  EXPECT_FALSE(watch.is_open());
}

TEST_F(OomWatchTest, TheCgroupThatTheKernelNamesOutweighsWhatWasSeen) {
  watch.line(choice(7, "/pod", "/pod/c/child"), {}, milliseconds(1));
  watch.line(killed(7, "a"), kOutside, milliseconds(1));
  watch.line(choice(8, "/elsewhere", "/elsewhere"), {}, milliseconds(2));
  watch.line(killed(8, "b"), kInside, milliseconds(2));
  run(seconds(2), sight(1));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].pid, 7);
  EXPECT_EQ(told[0].cgroup, "/pod");
  EXPECT_EQ(told[0].bytes, mib(480));
}

TEST_F(OomWatchTest, KillsElsewhereAreNotOurs) {
  for (int pid = 1; pid < 100; ++pid) watch.line(killed(pid, "x"), kUnknown, milliseconds(1));
  watch.line(killed(100, "x"), kOutside, milliseconds(1));
  run(seconds(5), sight(0));
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(OomWatchTest, AnUnknownVictimIsOursIfTheCounterSaysSo) {
  watch.line(killed(7, "x"), kUnknown, milliseconds(1));
  run(milliseconds(200), sight(1));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].pid, 7);
}

TEST_F(OomWatchTest, OfMoreUnknownVictimsThanKillsThoseWithAKnownNameAreOurs) {
  watch.line(killed(7, "theirs"), kUnknown, milliseconds(1));
  watch.line(killed(8, "mine"), kUnknown, milliseconds(1));
  run(seconds(1), sight(1, {{.pid = 3, .name = "mine"}}));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].pid, 8);
}

TEST_F(OomWatchTest, WithoutALineTheProcessThatWentIsNamedWithinASecond) {
  run(milliseconds(400), sight(0));
  watch.look(sight(1, {{.pid = 9, .name = "server"}}), now);
  run(now + milliseconds(900), sight(1));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].subject, "server");
  EXPECT_THAT(told[0].text, HasSubstr("does not name the victim"));
}

TEST_F(OomWatchTest, WhatNobodySawIsCountedWithoutAName) {
  run(milliseconds(900), sight(3));
  ASSERT_THAT(told, SizeIs(3));
  EXPECT_EQ(told[0].subject, "");
  EXPECT_EQ(told[0].cgroup, "/pod/c");
}

TEST_F(OomWatchTest, AGroupIsOneEventThoughItsFirstVictimIsNamedAndCountedTwice) {
  watch.line(choice(7, "/pod/c", "/pod/c"), {}, milliseconds(1));
  watch.line(killed(7, "a"), kInside, milliseconds(1));
  watch.line(OomGroup{"/pod/c"}, {}, milliseconds(1));
  watch.line(killed(7, "a"), kInside, milliseconds(1));
  watch.line(killed(8, "b"), {.place = Place::kInside, .ours = true}, milliseconds(2));
  watch.line(killed(9, "c"), kUnknown, milliseconds(2));
  run(seconds(3), sight(4, {}, 1));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].kind, EventKind::kOomGroupKill);
  EXPECT_EQ(told[0].subject, "a");
  ASSERT_THAT(told[0].members, SizeIs(3));
  EXPECT_TRUE(told[0].members[1].ours);
  EXPECT_THAT(told[0].text, HasSubstr("3 processes, 1 of them Duress's own"));
}

TEST_F(OomWatchTest, AGroupElsewhereIsNone) {
  watch.line(killed(7, "a"), kOutside, milliseconds(1));
  watch.line(OomGroup{"/other"}, {}, milliseconds(1));
  run(seconds(1), sight(0));
  EXPECT_THAT(told, IsEmpty());
}

TEST_F(OomWatchTest, WithoutALogAGroupIsThoseThatWent) {
  watch.lose_log();
  watch.look(sight(4, {{.pid = 1, .name = "a"}, {.pid = 2, .name = "b"}}, 1), now);
  run(seconds(2), sight(4, {}, 1));
  ASSERT_THAT(told, SizeIs(1));
  EXPECT_EQ(told[0].kind, EventKind::kOomGroupKill);
  EXPECT_THAT(told[0].members, SizeIs(2));
}

TEST_F(OomWatchTest, ASiblingKilledByTheCommonLimitOrTheNodeIsAnOutsider) {
  watch.line(choice(7, "/pod", "/pod/other"), {}, milliseconds(1));
  watch.line(killed(7, "sibling"), kOutside, milliseconds(1));
  watch.line(killed(8, "far", true), kOutside, milliseconds(2));
  run(seconds(1), sight(0));
  ASSERT_THAT(told, SizeIs(2));
  EXPECT_EQ(told[0].kind, EventKind::kOutsiderKilled);
  EXPECT_EQ(told[0].cgroup, "/pod");
  EXPECT_THAT(told[0].text, HasSubstr("of /pod/other"));
  EXPECT_EQ(told[1].cgroup, "/");
}

TEST_F(OomWatchTest, KillsInAV1ChildThatTheCounterLeavesOutHideNoLaterOnes) {
  watch.line(killed(7, "child"), kInside, milliseconds(1));
  run(seconds(2), sight(0));
  ASSERT_THAT(told, SizeIs(1));
  run(seconds(3), sight(1));
  EXPECT_THAT(told, SizeIs(2));
}

TEST_F(OomWatchTest, ClosingTellsWhatIsOpen) {
  watch.line(killed(7, "a"), kInside, milliseconds(1));
  watch.look(sight(2), milliseconds(2));
  EXPECT_TRUE(watch.is_open());
  EXPECT_THAT(watch.take(milliseconds(3), true), SizeIs(2));
}

TEST_F(OomWatchTest, AHundredKillsASecondAreAllTold) {
  std::int64_t kills = 0;
  for (int tick = 0; tick < 100; ++tick) {
    for (int i = 0; i < 10; ++i) {
      const int pid = 1000 + tick * 10 + i;
      watch.line(killed(pid, "v"), i % 3 == 0 ? kUnknown : kInside, now);
      ++kills;
    }
    run(now, sight(kills));
  }
  run(now + seconds(1), sight(kills));
  EXPECT_THAT(told, SizeIs(1000));
  EXPECT_EQ(std::ranges::count(told, std::string("v"), &Event::subject), 1000);
}

}  // namespace
}  // namespace duress::observe
