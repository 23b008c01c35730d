#include "controller/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using ::testing::Contains;
using testing::experiment_json;
using ::testing::HasSubstr;
using testing::inventory_of;
using testing::World;
using Finalizer = Decision::Finalizer;

World two_nodes() { return World(inventory_of({{.name = "a"}, {.name = "b", .node = "n2"}})); }

std::vector<std::string> reasons(const Status& told, const Status& now) {
  std::vector<std::string> out;
  for (const Note& note : notes_between(told, now)) out.push_back(note.reason);
  return out;
}

TEST(Decide, OrdersEachNodeWhatIsOnIt) {
  World world = two_nodes();
  const Decision decision = world.look();
  EXPECT_EQ(decision.orders.size(), 2U);
  ASSERT_NE(world.order_on("n1"), nullptr);
  const spec::NodeOrder& order = world.order_on("n1")->order;
  ASSERT_EQ(order.containers.size(), 1U);
  EXPECT_EQ(order.containers[0].pod, "a");
  EXPECT_EQ(order.containers[0].id, "c0");
  EXPECT_EQ(order.deadline, testing::after(3600));
  EXPECT_EQ(decision.status.phase, "Injecting");
  EXPECT_TRUE(is_true(decision.status, "AllRecovered"));
  EXPECT_TRUE(world.look().orders.empty()) << "once is enough";
}

TEST(Decide, AddsTheFinalizerToWhatItInjects) {
  Json json = experiment_json();
  json["metadata"]["finalizers"] = {"somebody/else"};
  World world(inventory_of({{.name = "a"}}), json);
  EXPECT_EQ(world.look().finalizer, Finalizer::kAdd);
  EXPECT_EQ(world.view.finalizers,
            (std::vector<std::string>{"somebody/else", "chaos-mesh/records"}));
  EXPECT_EQ(world.look().finalizer, Finalizer::kKeep);
}

TEST(Decide, ADeletionEndsWithTheLastNodesRelease) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.look();
  world.view.deleting = true;
  EXPECT_EQ(world.look().status.phase, "Stopping");
  EXPECT_EQ(world.order_on("n1")->order.desired, spec::Desired::kStop);
  world.answer("n1");
  EXPECT_EQ(world.look().finalizer, Finalizer::kKeep);
  EXPECT_EQ(world.order_on("n1"), nullptr);
  EXPECT_EQ(world.look().finalizer, Finalizer::kKeep) << "n2 has not released yet";
  world.answer("n2");
  world.look();
  EXPECT_EQ(world.look().finalizer, Finalizer::kRemove);
  EXPECT_TRUE(world.view.finalizers.empty());
}

TEST(Decide, AReportOfBeforeIsNoRelease) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.view.deleting = true;
  world.look();
  OrderView& order = world.book.begin()->second;
  order.report.released = true;
  order.report.observed_generation = order.generation - 1;
  EXPECT_TRUE(world.look().orders.empty());
  EXPECT_EQ(world.look().finalizer, Finalizer::kKeep);
}

TEST(Decide, GoesOnWithoutANodeThatDoesNotAnswer) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.view.deleting = true;
  const Decision stopping = world.look();
  EXPECT_EQ(world.look().wake, testing::after(10)) << "a silent node is to be named";
  world.answer("n1");
  world.look();
  world.now = testing::after(74);
  EXPECT_TRUE(world.look().notes.empty());
  EXPECT_EQ(world.look().wake, testing::after(75));
  world.now = testing::after(75);
  const Decision late = world.look();
  ASSERT_EQ(late.notes.size(), 1U);
  EXPECT_THAT(late.notes[0].message, HasSubstr("released by deadline, not confirmed: node n2"));
  EXPECT_EQ(world.look().finalizer, Finalizer::kRemove);
}

TEST(Decide, ANodeThatIsGoneHasReleased) {
  World world = two_nodes();
  world.look();
  world.view.deleting = true;
  world.look();
  world.answer("n1");
  world.inventory.nodes.erase("n2");
  world.look();
  EXPECT_EQ(world.look().finalizer, Finalizer::kRemove);
}

TEST(Decide, ForcedGoesAtOnce) {
  World world = two_nodes();
  world.look();
  world.view.deleting = true;
  world.view.forced = true;
  EXPECT_EQ(world.look().finalizer, Finalizer::kRemove);
  EXPECT_TRUE(world.book.empty());
}

TEST(Decide, APauseReleasesAndKeepsTheDraw) {
  World world(inventory_of({{.name = "a"}, {.name = "b"}, {.name = "c"}}),
              experiment_json({{"mode", "one"}}));
  world.look();
  const std::string drawn = world.stressed();
  world.answer();
  world.look();
  world.view.manifest.paused = true;
  world.look();
  EXPECT_EQ(world.stressed(), "");
  world.answer();
  const Status paused = world.look().status;
  EXPECT_TRUE(is_true(paused, "Paused"));
  EXPECT_TRUE(is_true(paused, "AllRecovered"));
  EXPECT_EQ(paused.phase, "Paused");
  EXPECT_FALSE(paused.run);
  for (const char* name : {"a1", "a2", "a3", "a4"}) testing::put(world.inventory, {.name = name});
  world.view.manifest.paused = false;
  world.look();
  EXPECT_EQ(world.stressed(), drawn);
}

TEST(Decide, NothingIsInjectedWhilePaused) {
  World world = two_nodes();
  world.view.manifest.paused = true;
  EXPECT_TRUE(world.look().orders.empty());
}

TEST(Decide, TheDurationCountsFromTheCreationThroughAPause) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.view.manifest.paused = true;
  world.look();
  world.answer();
  world.now = testing::after(3599);
  EXPECT_EQ(world.look().wake, testing::after(3600));
  const Status before = world.view.status;
  world.now = testing::after(3600);
  world.view.manifest.paused = false;
  world.look();
  const Status over = world.look().status;
  EXPECT_TRUE(world.book.empty());
  EXPECT_TRUE(is_true(over, "Completed"));
  EXPECT_EQ(over.phase, "Finished");
  EXPECT_THAT(reasons(before, over), Contains("TimeUp"));
  EXPECT_EQ(over.records.size(), 2U) << "what was stays told";
}

TEST(Decide, ALongerDurationRunsAgain) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.answer();
  world.now = testing::after(3600);
  world.look();
  world.answer();
  world.look();
  ASSERT_EQ(world.order_on("n1")->order.desired, spec::Desired::kStop);
  world.view.manifest.duration = std::chrono::hours(2);
  world.look();
  EXPECT_EQ(world.stressed(), "a");
}

TEST(Decide, TheOrdersOfWhatIsOverStayWhileItsRecordingsDo) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.answer();
  world.now = testing::after(3600);
  world.look();
  world.answer();
  const Decision over = world.look();
  EXPECT_EQ(over.status.phase, "Finished");
  EXPECT_TRUE(is_true(over.status, "Completed"));
  EXPECT_EQ(over.wake, testing::after(7200));
  ASSERT_NE(world.order_on("n1"), nullptr);
  world.view.asked.recordings = world.now;
  EXPECT_EQ(world.look().passings.size(), 1U);
  World deleted = world;
  deleted.view.deleting = true;
  deleted.look();
  EXPECT_TRUE(deleted.book.empty()) << "nobody can ask any more";
  world.now = testing::after(7200);
  world.look();
  EXPECT_TRUE(world.book.empty());
}

TEST(Decide, AnInvalidSpecIsNotInjectedAndStopsWhatRan) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.look();
  world.view.problem = "spec.stressors.memory.workers: 0 is not allowed: 1 to 1024";
  const Status before = world.view.status;
  world.look();
  EXPECT_EQ(world.stressed(), "");
  world.answer();
  const Status now = world.look().status;
  EXPECT_EQ(now.phase, "Failed");
  EXPECT_EQ(condition_of(now, "Selected")->reason, "InvalidSpec");
  EXPECT_THAT(condition_of(now, "Selected")->message, HasSubstr("1 to 1024"));
  EXPECT_THAT(reasons(before, now), Contains("Failed"));
}

TEST(Decide, ARestartedContainerGetsItsNewId) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  testing::put(world.inventory, {.name = "a", .id = "c1"});
  world.look();
  EXPECT_EQ(world.order_on("n1")->order.containers[0].id, "c1");
}

TEST(Decide, WithRestartEndTheFirstIdStays) {
  World world(inventory_of({{.name = "a"}}), experiment_json({{"restart", "end"}}));
  world.look();
  testing::put(world.inventory, {.name = "a", .id = "c1"});
  EXPECT_TRUE(world.look().orders.empty());
  // Another Pod of the name is another matter.
  testing::put(world.inventory, {.name = "a", .uid = "other", .id = "c2"});
  world.look();
  EXPECT_EQ(world.order_on("n1")->order.containers[0].id, "c2");
}

TEST(Decide, ANodeWithNothingLeftIsReleased) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.look();
  world.inventory.pods.erase("shop/b");
  const Status status = world.look().status;
  EXPECT_EQ(world.order_on("n2")->order.desired, spec::Desired::kStop);
  EXPECT_EQ(status.targets, 1);
  EXPECT_NE(record_of(status, "shop/b/main"), nullptr) << "told until it is released";
  world.answer();
  world.look();
  EXPECT_EQ(world.order_on("n2"), nullptr);
  EXPECT_EQ(record_of(world.view.status, "shop/b/main"), nullptr);
}

TEST(Decide, AWriteOnItsWayIsWaitedFor) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.book.begin()->second.busy = true;
  world.view.deleting = true;
  const Decision decision = world.look();
  EXPECT_TRUE(decision.orders.empty());
  EXPECT_EQ(decision.finalizer, Finalizer::kKeep);
}

}  // namespace
}  // namespace duress::controller
