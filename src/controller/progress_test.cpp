#include "controller/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using ::testing::Contains;
using testing::experiment_json;
using ::testing::HasSubstr;
using testing::inventory_of;
using ::testing::Not;
using testing::World;

World two_nodes() { return World(inventory_of({{.name = "a"}, {.name = "b", .node = "n2"}})); }

std::vector<std::string> reasons(const Status& told, const Status& now) {
  std::vector<std::string> out;
  for (const Note& note : notes_between(told, now)) out.push_back(note.reason);
  return out;
}

TEST(Progress, IsAllInjectedWhenEachNodeSaysSo) {
  World world = two_nodes();
  world.look();
  world.answer("n1");
  const Status half = world.look().status;
  EXPECT_FALSE(is_true(half, "AllInjected"));
  EXPECT_FALSE(is_true(half, "AllRecovered"));
  EXPECT_EQ(half.injected, 1);
  world.answer("n2");
  const Status all = world.look().status;
  EXPECT_TRUE(is_true(all, "AllInjected"));
  EXPECT_EQ(all.phase, "Running");
  EXPECT_EQ(all.got, "50 MiB");
  EXPECT_THAT(reasons(half, all), Contains("Applied"));
}

TEST(Progress, AnEditIsOnlyDoneWhenItsNodesHaveTakenIt) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.look();
  ExperimentView edited =
      experiment_view(experiment_json({{"stressors", {{"memory", {{"size", "60MiB"}}}}}}));
  edited.generation = 2;
  edited.status = world.view.status;
  world.view = edited;
  const Decision decision = world.look();
  ASSERT_EQ(decision.orders.size(), 2U);
  EXPECT_EQ(decision.orders[0].what, OrderAction::What::kPatch);
  EXPECT_FALSE(is_true(decision.status, "AllInjected"));
  EXPECT_EQ(decision.status.injected, 2) << "the stress of before is still on";
  world.answer();
  EXPECT_TRUE(is_true(world.look().status, "AllInjected"));
}

TEST(Progress, NamesANodeThatIsSilent) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  EXPECT_EQ(world.look().wake, testing::after(10));
  world.now = testing::after(10);
  EXPECT_THAT(condition_of(world.look().status, "AllInjected")->message,
              HasSubstr("node n1 has not answered: does a duress agent run there?"));
}

TEST(Progress, SaysWhatAnAgentCannotRead) {
  World world(inventory_of({{.name = "a"}}));
  const Status before = world.look().status;
  OrderView& order = world.book.begin()->second;
  order.report = {
      .observed_generation = order.generation, .released = true, .problem = "spec.x is new to me"};
  const Status told = world.look().status;
  EXPECT_EQ(told.phase, "Failed");
  EXPECT_FALSE(is_true(told, "AllInjected"));
  EXPECT_THAT(condition_of(told, "AllInjected")->message,
              HasSubstr("the agent of node n1 cannot carry this out: spec.x is new to me; are "
                        "controller and agent of the same version?"));
  EXPECT_THAT(reasons(before, told), Contains("Failed"));
  // What is ordered next it may understand.
  order.generation += 1;
  EXPECT_EQ(world.look().status.phase, "Injecting");
}

TEST(Progress, ARestartIsCountedAsAnotherInjection) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.answer();
  world.look();
  const Status before = world.view.status;
  world.now = testing::after(20);
  world.answer();
  const Status now = world.look().status;
  EXPECT_EQ(now.records[0].injected_count, 2);
  EXPECT_EQ(now.records[0].recovered_count, 0);
  EXPECT_THAT(reasons(before, now), Contains("Applied"));
}

TEST(Progress, KeepsThreeEventsOfARecord) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  for (int i = 1; i < 9; ++i) {
    world.now = testing::after(i);
    world.answer();
    world.look();
  }
  EXPECT_EQ(world.view.status.records[0].events.size(), 3U);
  EXPECT_EQ(world.view.status.records[0].events.back().at, testing::after(8));
}

TEST(Progress, AFailureIsToldOnce) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.answer();
  spec::ContainerReport& report = world.book.begin()->second.report.containers[0];
  report.injection = spec::Injection::kFailed;
  report.message = "stress-ng is not installed";
  const Status before = world.view.status;
  const Status failed = world.look().status;
  EXPECT_EQ(failed.phase, "Failed");
  EXPECT_THAT(reasons(before, failed), Contains("Failed"));
  const Status again = world.look().status;
  EXPECT_EQ(again.records[0].events.size(), 1U);
  EXPECT_THAT(reasons(failed, again), Not(Contains("Failed")));
}

TEST(Progress, TransitionTimesStayWhileNothingChanges) {
  World world = two_nodes();
  world.look();
  world.now = testing::after(30);
  world.answer();
  const Status now = world.look().status;
  EXPECT_EQ(condition_of(now, "Selected")->since, testing::kStart);
  EXPECT_EQ(condition_of(now, "AllInjected")->since, testing::after(30));
}

}  // namespace
}  // namespace duress::controller
