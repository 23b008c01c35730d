#include "controller/orders.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/conflicts.h"
#include "controller/world_test.h"

namespace duress::controller {
namespace {

using testing::experiment_json;
using ::testing::HasSubstr;
using testing::inventory_of;
using testing::World;

TEST(Conflicts, LoadsThatAddSum) {
  World world(inventory_of({{.name = "a"}}));
  world.look();
  Json json = experiment_json();
  json["metadata"]["uid"] = "e2";
  world.view = experiment_view(json);
  EXPECT_EQ(world.look().orders.size(), 1U);
  EXPECT_FALSE(is_true(world.view.status, "Conflict"));
}

TEST(Conflicts, ASecondReachIsRefusedUntilTheFirstHasReleased) {
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

TEST(Conflicts, ReachOfAnotherMetricIsNoConflict) {
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
  EXPECT_THAT(condition_of(decision.status, "Selected")->message, HasSubstr("344 containers"));
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

}  // namespace
}  // namespace duress::controller
