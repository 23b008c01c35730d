#include "controller/agent_pods.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using ::testing::Contains;
using ::testing::HasSubstr;
using testing::inventory_of;
using testing::World;

Json agent(const std::string& node, bool running = true, const std::string& name = "agent") {
  return testing::pod_json({.name = name, .node = node, .ns = "duress-system", .running = running});
}

World one_node() {
  World world(inventory_of({{.name = "a"}}));
  world.inventory.agents.emplace("duress-system", "app=agent");
  return world;
}

std::vector<std::string> messages(const Status& told, const Status& now, bool warnings) {
  std::vector<std::string> out;
  for (const Note& note : notes_between(told, now))
    if (note.is_warning == warnings) out.push_back(note.reason + ": " + note.message);
  return out;
}

TEST(AgentPods, TellsWhoseLifeChanged) {
  AgentPods pods("duress-system", "app=agent");
  EXPECT_EQ(pods.on("n1"), AgentLife::kNone);
  EXPECT_EQ(pods.saw(agent("n1", false)), "n1");
  EXPECT_EQ(pods.on("n1"), AgentLife::kDown);
  EXPECT_EQ(pods.saw(agent("n1")), "n1");
  EXPECT_EQ(pods.on("n1"), AgentLife::kRuns);
  EXPECT_EQ(pods.saw(agent("n1")), "") << "nothing new";
  EXPECT_EQ(pods.on("n2"), AgentLife::kNone);
}

TEST(AgentPods, OneOfTwoIsEnough) {
  AgentPods pods("duress-system", "app=agent");
  pods.saw(agent("n1", true, "old"));
  EXPECT_EQ(pods.saw(agent("n1", false, "new")), "");
  // Nobody saw it go: there is no more than its name.
  EXPECT_EQ(pods.gone({{"metadata", {{"name", "old"}, {"namespace", "duress-system"}}}}), "n1");
  EXPECT_EQ(pods.on("n1"), AgentLife::kDown);
  EXPECT_EQ(pods.gone(agent("n1", false, "new")), "n1");
  EXPECT_EQ(pods.on("n1"), AgentLife::kNone);
  EXPECT_EQ(pods.gone(agent("n1", false, "new")), "");
}

TEST(AgentPods, OneThatIsGoingRunsUntilItHasEnded) {
  AgentPods pods("duress-system", "app=agent");
  Json pod = agent("n1");
  pod["metadata"]["deletionTimestamp"] = format_time(testing::kStart);
  pods.saw(pod);
  EXPECT_EQ(pods.on("n1"), AgentLife::kRuns);
}

TEST(AgentPods, WithoutItsAgentNothingCountsAsInjected) {
  World world = one_node();
  world.inventory.agents->saw(agent("n1"));
  world.look();
  world.answer();
  const Status on = world.look().status;
  EXPECT_TRUE(is_true(on, "AllInjected"));

  world.now = testing::after(5);
  world.inventory.agents->saw(agent("n1", false));
  const Status down = world.look().status;
  EXPECT_EQ(down.injected, 0);
  EXPECT_EQ(down.phase, "Injecting");
  EXPECT_FALSE(is_true(down, "AllInjected"));
  EXPECT_THAT(condition_of(down, "AllInjected")->message,
              HasSubstr("the agent on node n1 does not run: what it stressed was released with "
                        "it; kubectl get pods -n duress-system -o wide -l app=agent"));
  const Record& record = down.records.at(0);
  EXPECT_FALSE(record.injected);
  EXPECT_FALSE(record.measured.held);
  EXPECT_THAT(messages(on, down, true), Contains(HasSubstr("the agent on node n1 does not run")));
  EXPECT_EQ(world.look().status, down) << "it is told once";
  EXPECT_EQ(world.order_on("n1")->order.desired, spec::Desired::kRun)
      << "it is to be stressed again";

  world.inventory.agents->gone(agent("n1"));
  EXPECT_EQ(world.look().status, down) << "its Pod is being replaced";

  world.inventory.agents->saw(agent("n1", true, "next"));
  world.now = testing::after(9);
  world.answer();
  const Status again = world.look().status;
  EXPECT_TRUE(is_true(again, "AllInjected"));
  EXPECT_EQ(again.records.at(0).injected_count, 2);
  EXPECT_EQ(again.records.at(0).measured.message, "");
}

TEST(AgentPods, OfALostNodeNothingCountsAsInjected) {
  World world = one_node();
  world.inventory.agents->saw(agent("n1"));
  world.look();
  world.answer();
  const Status on = world.look().status;
  ASSERT_TRUE(is_true(on, "AllInjected"));

  world.inventory.nodes["n1"].lost = true;
  const Status lost = world.look().status;
  EXPECT_EQ(lost.injected, 0);
  EXPECT_FALSE(is_true(lost, "AllInjected"));
  EXPECT_THAT(condition_of(lost, "AllInjected")->message,
              HasSubstr("nothing has been heard of node n1: its agent releases"));
  EXPECT_FALSE(lost.records.at(0).measured.held);
  EXPECT_THAT(messages(on, lost, true), Contains(HasSubstr("kubectl describe node n1")));
  EXPECT_EQ(world.order_on("n1")->order.desired, spec::Desired::kRun)
      << "it may be back, and then goes on";

  world.inventory.nodes["n1"].lost = false;
  EXPECT_TRUE(is_true(world.look().status, "AllInjected"));
}

TEST(AgentPods, WhatHadFailedStaysTold) {
  World world = one_node();
  world.inventory.agents->saw(agent("n1"));
  world.look();
  world.answer();
  spec::ContainerReport& report = world.book.begin()->second.report.containers[0];
  report.injection = spec::Injection::kFailed;
  report.message = "the limit is not set";
  world.look();
  world.inventory.agents->saw(agent("n1", false));
  EXPECT_EQ(world.look().status.records.at(0).measured.message, "the limit is not set");
}

TEST(AgentPods, ANodeWithoutOneIsToldAtOnce) {
  World world = one_node();
  const Status before = world.view.status;
  const Status told = world.look().status;
  EXPECT_EQ(told.phase, "Failed");
  EXPECT_THAT(condition_of(told, "AllInjected")->message,
              HasSubstr("no duress agent on node n1: Windows and virtual nodes are not served"));
  EXPECT_THAT(messages(before, told, true), Contains(HasSubstr("no duress agent on node n1")));
  ASSERT_NE(world.order_on("n1"), nullptr) << "one may come";
  EXPECT_EQ(world.look().status.records.at(0).events.size(), 1U);

  world.inventory.agents->saw(agent("n1", false));
  EXPECT_THAT(condition_of(world.look().status, "AllInjected")->message,
              HasSubstr("the agent on node n1 does not run; kubectl get pods"));
  world.inventory.agents->saw(agent("n1"));
  world.answer();
  EXPECT_TRUE(is_true(world.look().status, "AllInjected"));
}

TEST(AgentPods, AreNotAskedForUnlessSomebodySaysWhichTheyAre) {
  World world(inventory_of({{.name = "a"}}));
  EXPECT_EQ(world.look().status.phase, "Injecting");
  world.answer();
  EXPECT_TRUE(is_true(world.look().status, "AllInjected"));
}

TEST(AgentPods, ADeletionStillWaitsForTheNodesWord) {
  World world = one_node();
  world.inventory.agents->saw(agent("n1"));
  world.look();
  world.answer();
  world.look();
  world.inventory.agents->gone(agent("n1"));
  world.view.deleting = true;
  world.look();
  EXPECT_EQ(world.look().finalizer, Decision::Finalizer::kKeep);
  world.now = testing::after(76);
  world.look();
  EXPECT_EQ(world.look().finalizer, Decision::Finalizer::kRemove);
}

TEST(AgentPods, APreflightOfANodeWithoutOneIsOver) {
  World world(inventory_of({{.name = "a"}}), testing::experiment_json({{"preflight", true}}));
  world.inventory.agents.emplace("duress-system", "app=agent");
  const Status told = world.look().status;
  EXPECT_TRUE(is_true(told, kPreflightDone));
  EXPECT_THAT(told.records.at(0).measured.message, HasSubstr("no duress agent on node n1"));
}

}  // namespace
}  // namespace duress::controller
