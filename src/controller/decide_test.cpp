#include "controller/decide.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using std::chrono::seconds;
using ::testing::Contains;
using testing::experiment_json;
using ::testing::HasSubstr;
using testing::inventory_of;
using ::testing::Not;
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

TEST(Decide, IsAllInjectedWhenEachNodeSaysSo) {
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

TEST(Decide, AnEditIsOnlyDoneWhenItsNodesHaveTakenIt) {
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

TEST(Decide, ADeletionEndsWithTheLastNodesRelease) {
  World world = two_nodes();
  world.look();
  world.answer();
  world.look();
  world.view.deleting = true;
  EXPECT_EQ(world.look().status.phase, "Stopping");
  EXPECT_FALSE(world.order_on("n1")->order.run);
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
  ASSERT_TRUE(world.book.empty());
  world.view.manifest.duration = std::chrono::hours(2);
  world.look();
  EXPECT_EQ(world.stressed(), "a");
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
  EXPECT_FALSE(world.order_on("n2")->order.run);
  EXPECT_EQ(status.targets, 1);
  EXPECT_NE(record_of(status, "shop/b/main"), nullptr) << "told until it is released";
  world.answer();
  world.look();
  EXPECT_EQ(world.order_on("n2"), nullptr);
  EXPECT_EQ(record_of(world.view.status, "shop/b/main"), nullptr);
}

TEST(Decide, NamesANodeThatIsSilent) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  EXPECT_EQ(world.look().wake, testing::after(10));
  world.now = testing::after(10);
  EXPECT_THAT(condition_of(world.look().status, "AllInjected")->message,
              HasSubstr("node n1 has not answered: does a duress agent run there?"));
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

TEST(Decide, LoadsThatAddSum) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  Json json = experiment_json();
  json["metadata"]["uid"] = "e2";
  world.view = experiment_view(json);
  EXPECT_EQ(world.look().orders.size(), 1U);
  EXPECT_FALSE(is_true(world.view.status, "Conflict"));
}

TEST(Decide, ASecondReachIsRefusedUntilTheFirstHasReleased) {
  const Json reach{{"stressors", {{"memory", {{"mode", "reach"}, {"size", "80%"}}}}}};
  World world(inventory_of({{.name = "a"}, {.name = "b"}}), experiment_json(reach));
  world.look();
  const ExperimentView first = world.view;
  Json json = experiment_json(reach);
  json["metadata"]["uid"] = "e2";
  json["metadata"]["name"] = "second";
  world.view = experiment_view(json);
  EXPECT_TRUE(world.look().orders.empty());
  EXPECT_TRUE(is_true(world.view.status, "Conflict"));
  EXPECT_THAT(condition_of(world.view.status, "Conflict")->message,
              HasSubstr("StressChaos shop/mem already brings its memory to a level"));
  const ExperimentView second = world.view;

  world.view = first;
  world.view.deleting = true;
  world.look();
  const ExperimentView going = std::exchange(world.view, second);
  EXPECT_TRUE(world.look().orders.empty()) << "not released yet";
  world.view = going;
  world.answer();
  world.look();
  world.view = second;
  EXPECT_EQ(world.look().orders.size(), 1U);
  EXPECT_FALSE(is_true(world.view.status, "Conflict"));
}

TEST(Decide, ReachOfAnotherMetricIsNoConflict) {
  World world(inventory_of({{.name = "a"}}),
              experiment_json({{"stressors", {{"memory", {{"mode", "reach"}, {"size", "80%"}}}}}}));
  world.look();
  Json json = experiment_json(
      {{"stressors",
        {{"memory", nullptr}, {"cpu", {{"mode", "reach"}, {"workers", 1}, {"load", 50}}}}}});
  json["metadata"]["uid"] = "e2";
  world.view = experiment_view(json);
  ASSERT_EQ(world.view.problem, "");
  EXPECT_EQ(world.look().orders.size(), 1U);
}

TEST(Orders, ANodeTakesSoManyAndNoMore) {
  Inventory inventory = inventory_of({});
  for (int i = 0; i < 600; ++i) testing::put(inventory, {.name = "p" + std::to_string(i)});
  World world(inventory);
  const Decision decision = world.look();
  ASSERT_EQ(decision.orders.size(), 1U);
  EXPECT_EQ(decision.orders[0].order.containers.size(), spec::kMostContainersOfANode);
  EXPECT_LT(kube::to_text(order_object(decision.orders[0])).size(), 200'000U);
  EXPECT_THAT(condition_of(decision.status, "Selected")->message, HasSubstr("88 containers"));
}

TEST(Orders, ReadBackAreTheSame) {
  World world(inventory_of({{.name = "a"}}));
  const Decision decision = world.look();
  Json object = order_object(decision.orders[0]);
  object["metadata"]["uid"] = "u";
  object["metadata"]["resourceVersion"] = "12";
  object["metadata"]["generation"] = 1;
  object["metadata"]["creationTimestamp"] = format_time(testing::kStart);
  world.book[decision.orders[0].name] = order_view(object);
  EXPECT_TRUE(world.look().orders.empty());
}

TEST(Orders, WhenItWasStoppedIsRead) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  world.view.deleting = true;
  world.now = testing::after(5);
  const Decision decision = world.look();
  const Json patch = order_patch(world.book.begin()->second, decision.orders[0]);
  Json object = order_object(decision.orders[0]);
  object["metadata"]["annotations"] = patch[1]["value"];
  EXPECT_EQ(order_view(object).stopped, testing::after(5));
  EXPECT_EQ(kube::text_at(patch, "/2/value/desiredPhase"), "Stop");
}

TEST(Orphans, AreThoseOfNobodyThatAreOldEnough) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  const auto orphans_at = [&](int at, const std::vector<std::string>& uids,
                              const std::string& ns = "") {
    return orphans(world.book, uids, ns, testing::after(at)).size();
  };
  EXPECT_EQ(orphans_at(60, {"e1"}), 0U);
  EXPECT_EQ(orphans_at(60, {}), 1U);
  EXPECT_EQ(orphans_at(29, {}), 0U);
  EXPECT_EQ(orphans_at(60, {}, "bank"), 0U);
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
