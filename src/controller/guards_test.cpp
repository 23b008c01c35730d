#include "controller/guards.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controller/decide.h"
#include "controller/world_test.h"

namespace duress::controller {
namespace {

using std::chrono::seconds;
using ::testing::HasSubstr;
using testing::inventory_of;
using testing::World;

World guarded_by(const spec::Guards& guards) {
  World world(inventory_of({{.name = "a"}, {.name = "b", .node = "n2"}}));
  world.view.manifest.stressors.guards = guards;
  world.look();
  world.answer();
  EXPECT_EQ(world.look().status.phase, "Running");
  return world;
}

spec::ContainerReport& report_on(World& world, const std::string& node) {
  for (auto& [name, order] : world.book)
    if (order.order.node == node) return order.report.containers.at(0);
  throw std::out_of_range(node);
}

std::string ended_by(const World& world) {
  const Condition* completed = condition_of(world.view.status, "Completed");
  return completed != nullptr && completed->reason == kGuard ? completed->message : "";
}

TEST(Guard, OfANodeEndsTheWholeExperimentForGood) {
  World world = guarded_by({.node_memory = gib(1)});
  spec::ContainerReport& report = report_on(world, "n2");
  report.injection = spec::Injection::kFailed;
  report.guarded = true;
  report.message = "the machine has 900 MiB of memory left";
  const Status told = world.view.status;
  const Decision decision = world.look();
  EXPECT_EQ(world.stressed(), "");
  EXPECT_EQ(decision.status.phase, "Stopping");
  EXPECT_EQ(ended_by(world), "shop/b/main: the machine has 900 MiB of memory left");
  const auto notes = notes_between(told, decision.status);
  EXPECT_TRUE(std::ranges::any_of(
      notes, [](const Note& note) { return note.reason == "Guard" && note.is_warning; }));
  world.answer();
  EXPECT_EQ(world.look().status.phase, "Finished");
  EXPECT_TRUE(is_true(world.view.status, "Completed"));
  // Another controller, and nothing left that tells.
  world.view.status = read_status(status_json(world.view.status));
  world.book.clear();
  EXPECT_EQ(world.look().status.phase, "Finished");
  EXPECT_EQ(world.stressed(), "");
  EXPECT_THAT(ended_by(world), HasSubstr("900 MiB"));
}

TEST(Guard, HoldsUntilTheStatusTellsIt) {
  World world = guarded_by({.node_memory = gib(1)});
  const Status before = world.view.status;
  report_on(world, "n2").guarded = true;
  world.look();
  world.view.status = before;  // it could not be written
  world.look();
  EXPECT_EQ(world.stressed(), "") << "its own order to stop is not answered yet";
}

TEST(Guard, ThatNobodyAskedForEndsOneLoadAlone) {
  World world = guarded_by({.restarts = 3});
  report_on(world, "n2").guarded = true;
  world.look();
  EXPECT_EQ(world.stressed().size(), 3U) << "both";
}

TEST(Guard, OfAnEarlierOrderDoesNotEndTheNext) {
  World world = guarded_by({});
  spec::ContainerReport& report = report_on(world, "n2");
  report.injection = spec::Injection::kFailed;
  report.guarded = true;
  world.view.manifest.stressors.guards.node_memory = mib(100);
  world.look();
  world.look();
  EXPECT_EQ(world.stressed().size(), 3U) << "both";
  world.answer();
  world.look();
  EXPECT_EQ(world.stressed().size(), 3U) << "both";
}

TEST(Guard, OnRestartsCountsThoseOfOneContainer) {
  World world = guarded_by({.restarts = 2});
  report_on(world, "n1").restarts = 1;
  report_on(world, "n2").restarts = 1;
  world.look();
  EXPECT_EQ(ended_by(world), "");
  report_on(world, "n1").restarts = 2;
  world.look();
  EXPECT_EQ(ended_by(world),
            "shop/a/main was restarted 2 times while it was stressed (guards.restarts: 2)");
}

TEST(Guard, OnReadinessWaitsAsLongAsItSays) {
  World world = guarded_by({.not_ready_for = seconds(30)});
  world.inventory.pods.at("shop/b").not_ready_since = testing::after(10);
  world.now = testing::after(39);
  const Decision decision = world.look();
  EXPECT_EQ(ended_by(world), "");
  EXPECT_EQ(decision.wake, testing::after(40));
  world.now = testing::after(40);
  world.look();
  EXPECT_EQ(ended_by(world), "shop/b is not Ready for 30s (guards.notReadyFor)");
  EXPECT_EQ(world.stressed(), "");
}

TEST(Guard, OnReadinessHasPatienceWithOthersAndWithClocks) {
  World world = guarded_by({.not_ready_for = seconds(30)});
  PodView& pod = world.inventory.pods.at("shop/b");
  pod.not_ready_since = testing::after(-3600);  // long before the experiment
  world.now = testing::after(29);
  world.look();
  EXPECT_EQ(ended_by(world), "");
  pod.not_ready_since = testing::after(3600);  // its node's clock is an hour ahead
  world.look();
  EXPECT_EQ(ended_by(world), "");
  pod.terminating = true;
  pod.not_ready_since = testing::after(0);
  world.now = testing::after(40);
  world.look();
  EXPECT_EQ(ended_by(world), "");
}

TEST(Guard, OnReadinessDoesNotMindAPodThatHadNoStress) {
  World world = guarded_by({.not_ready_for = seconds(30)});
  report_on(world, "n2").times = 0;
  world.inventory.pods.at("shop/b").not_ready_since = testing::after(0);
  world.now = testing::after(40);
  world.look();
  EXPECT_EQ(ended_by(world), "");
}

TEST(Guard, OfANodeAloneIsInItsOrder) {
  World world = guarded_by({.node_memory = gib(1), .restarts = 3, .not_ready_for = seconds(1)});
  EXPECT_EQ(world.order_on("n1")->order.loads.guards, spec::Guards{.node_memory = gib(1)});
}

TEST(Guard, SeesSinceWhenAPodIsNotReady) {
  Json pod = testing::pod_json({.name = "a"});
  EXPECT_FALSE(pod_view(pod).not_ready_since);
  pod["status"]["conditions"] = Json::array(
      {{{"type", "Ready"}, {"status", "False"}, {"lastTransitionTime", "2026-11-25T12:00:07Z"}}});
  EXPECT_EQ(pod_view(pod).not_ready_since, testing::after(7));
  pod["status"]["conditions"][0]["status"] = "True";
  EXPECT_FALSE(pod_view(pod).not_ready_since);
}

}  // namespace
}  // namespace duress::controller
