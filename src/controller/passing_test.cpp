#include "controller/passing.h"

#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using testing::after;
using testing::experiment_json;
using testing::inventory_of;
using testing::World;

// Two nodes under stress, and somebody who looks for half a minute.
World watched() {
  World world(inventory_of({{.name = "a"}, {.name = "b", .node = "n2"}}));
  world.look();
  world.answer();
  world.look();
  world.view.asked.watch_until = after(30);
  return world;
}

TEST(Passing, HandsOnToEachOrderOnceAndChangesNoOrder) {
  World world = watched();
  const Decision decision = world.look();
  EXPECT_TRUE(decision.orders.empty());
  ASSERT_EQ(decision.passings.size(), 2U);
  EXPECT_EQ(decision.passings[0].asked.watch_until, after(30));
  EXPECT_EQ(decision.status.phase, "Running") << "nobody is waited for";
  for (const Passing& one : decision.passings) world.book.at(one.order).asked = one.asked;
  EXPECT_TRUE(world.look().passings.empty()) << "once is enough";
  world.view.asked.watch_until = after(45);
  EXPECT_EQ(world.look().passings.size(), 2U) << "renewed";
}

TEST(Passing, LeavesOutWhatIsOverOrTooFarAheadOrBusy) {
  World world = watched();
  world.now = after(30);
  EXPECT_TRUE(world.look().passings.empty());
  EXPECT_FALSE(world.look().watched);
  world.view.asked.watch_until = after(30 + 121);
  EXPECT_TRUE(world.look().passings.empty());
  world.view.asked.watch_until = after(30 + 120);
  EXPECT_EQ(world.look().passings.size(), 2U);
  EXPECT_TRUE(world.look().watched);
  world.book.begin()->second.busy = true;
  EXPECT_EQ(world.look().passings.size(), 1U);
}

TEST(Passing, OfMoreTargetsThanAStatusTellsAllOfIsNone) {
  World world = watched();
  ExperimentView view = world.view;
  view.status.targets = kMostWatchedTargets;
  EXPECT_TRUE(is_watched(view, world.now));
  view.status.targets += 1;
  EXPECT_FALSE(is_watched(view, world.now));
  EXPECT_TRUE(passings(view, world.book, world.now).empty());
}

TEST(Passing, ARequestForRecordingsIsHandedOnOnceAndOnlyWhileItIsNew) {
  World world = watched();
  world.view.asked = {.recordings = after(0)};
  world.now = after(59);
  const Decision decision = world.look();
  ASSERT_EQ(decision.passings.size(), 2U);
  EXPECT_FALSE(decision.watched);
  for (const Passing& one : decision.passings) world.book.at(one.order).asked = one.asked;
  EXPECT_TRUE(world.look().passings.empty());
  world.view.asked.watch_until = after(70);
  for (const Passing& one : world.look().passings)
    EXPECT_EQ(one.asked.recordings, after(0)) << "nothing is asked for anew";
  world.view.asked = {.recordings = after(-2)};
  EXPECT_TRUE(world.look().passings.empty()) << "it is too old";
}

TEST(Passing, ThePatchKeepsWhenAnOrderWasStopped) {
  World world = watched();
  OrderView& view = world.book.begin()->second;
  view.stopped = after(1);
  const Json patch = passing_patch(view, world.look().passings.front());
  ASSERT_EQ(patch.size(), 2U) << "no word of the spec: it would be another generation";
  EXPECT_EQ(patch[0]["op"], "test");
  EXPECT_EQ(patch[1]["value"], (Json{{"duress.dev/stopped-at", "2026-11-25T12:00:01Z"},
                                     {"duress.dev/watch-until", "2026-11-25T12:00:30Z"}}));
  view.asked.watch_until = after(30);
  OrderAction stop{OrderAction::What::kPatch, view.name, view.order, after(1)};
  EXPECT_EQ(order_patch(view, stop)[1]["value"], patch[1]["value"]) << "nor does an order drop it";
}

TEST(Passing, WhileWatchedEveryNumberIsToldOnceASecond) {
  World world = watched();
  world.look();
  const Status told = world.view.status;
  for (auto& [name, view] : world.book) view.report.containers.front().held = mib(50) + kib(4);
  const Status now = world.look().status;
  EXPECT_EQ(change_to_tell(told, now, false), Change::kNone);
  EXPECT_EQ(change_to_tell(told, now, true), Change::kCounters);
  EXPECT_EQ(change_to_tell(told, told, true), Change::kNone);
}

TEST(Passing, IsReadFromTheExperimentAndFromAnOrder) {
  Json json = experiment_json();
  json["metadata"]["annotations"] = {{"duress.dev/watch-until", "2026-11-25T12:00:30Z"}};
  EXPECT_EQ(experiment_view(json).asked.watch_until, after(30));
  EXPECT_EQ(order_view(json).asked.watch_until, after(30));
}

}  // namespace
}  // namespace duress::controller
