#include "controller/assign.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using testing::experiment_json;
using ::testing::HasSubstr;
using testing::inventory_of;

class Assign : public ::testing::Test {
 protected:
  Assignment assigned(const Json& spec, const std::set<std::string>& drawn = {}) {
    const ExperimentView view = experiment_view(experiment_json(spec));
    EXPECT_EQ(view.problem, "");
    return assign({.manifest = view.manifest,
                   .own_namespace = view.ns,
                   .inventory = inventory,
                   .drawn = drawn,
                   .seed = 5,
                   .namespace_filter = filter,
                   .bounds = bounds});
  }
  static std::set<std::string> pods(const Assignment& assignment) {
    std::set<std::string> out;
    for (const Target& target : assignment.targets) out.insert(target.ns + "/" + target.pod);
    return out;
  }
  static Json fixed(int count) { return {{"mode", "fixed"}, {"value", std::to_string(count)}}; }

  Inventory inventory = inventory_of(
      {{.name = "a"}, {.name = "b", .node = "n2"}, {.name = "c"}, {.name = "d", .node = "n2"}});
  bool filter = false;
  Bounds bounds{};
};

TEST_F(Assign, AllMeansEveryPodWithANode) {
  testing::put(inventory, {.name = "pending", .node = ""});
  EXPECT_EQ(pods(assigned({})).size(), 4U);
}

TEST_F(Assign, EmptyNamespacesMeanTheOwnOne) {
  testing::put(inventory, {.name = "elsewhere", .ns = "bank"});
  const auto own =
      assigned({{"selector", {{"namespaces", nullptr}, {"labelSelectors", {{"app", "web"}}}}}});
  EXPECT_EQ(pods(own).size(), 4U);
  EXPECT_FALSE(pods(own).contains("bank/elsewhere"));
}

TEST_F(Assign, GrowsByTheDifferenceOnly) {
  auto two = pods(assigned(fixed(2)));
  ASSERT_EQ(two.size(), 2U);
  const auto three = pods(assigned(fixed(3), two));
  EXPECT_EQ(three.size(), 3U);
  for (const std::string& pod : two) EXPECT_TRUE(three.contains(pod)) << pod;
}

TEST_F(Assign, ShrinksByTheDifferenceOnly) {
  const auto three = pods(assigned(fixed(3)));
  const auto one = pods(assigned(fixed(1), three));
  ASSERT_EQ(one.size(), 1U);
  EXPECT_TRUE(three.contains(*one.begin()));
}

TEST_F(Assign, KeepsTheDrawWhenPodsCome) {
  const auto one = pods(assigned({{"mode", "one"}}));
  for (int i = 0; i < 20; ++i) testing::put(inventory, {.name = "new-" + std::to_string(i)});
  EXPECT_EQ(pods(assigned({{"mode", "one"}}, one)), one);
}

TEST_F(Assign, AReplacementTakesTheSlot) {
  const auto one = pods(assigned({{"mode", "one"}}));
  inventory.pods.erase(*one.begin());
  const auto next = pods(assigned({{"mode", "one"}}, one));
  ASSERT_EQ(next.size(), 1U);
  EXPECT_NE(next, one);
}

TEST_F(Assign, ModeCountsPodsAndPercentIsRoundedUp) {
  EXPECT_EQ(pods(assigned({{"mode", "fixed-percent"}, {"value", "26"}})).size(), 2U);
  EXPECT_EQ(pods(assigned({{"mode", "fixed-percent"}, {"value", "25"}})).size(), 1U);
}

TEST_F(Assign, APodThatIsBeingDeletedIsNeverDrawnButKeepsItsSlot) {
  testing::put(inventory, {.name = "a", .terminating = true});
  EXPECT_FALSE(pods(assigned({})).contains("shop/a"));
  EXPECT_TRUE(pods(assigned({}, {"shop/a"})).contains("shop/a"));
  // Its successor waits for the slot.
  EXPECT_EQ(pods(assigned({{"mode", "one"}}, {"shop/a"})), (std::set<std::string>{"shop/a"}));
  testing::put(inventory, {.name = "a", .running = false, .terminating = true});
  EXPECT_FALSE(pods(assigned({}, {"shop/a"})).contains("shop/a"));
}

TEST_F(Assign, NodesThatDoNotExistAreAnError) {
  const auto wrong = assigned({{"selector", {{"nodes", {"n1", "n9"}}}}});
  EXPECT_TRUE(wrong.targets.empty());
  EXPECT_THAT(wrong.problem, HasSubstr("no node n9"));
}

TEST_F(Assign, NodeSelectorsLookAtTheNodesLabels) {
  const auto on_n2 = assigned({{"selector", {{"nodeSelectors", {{"zone", "zone-n2"}}}}}});
  EXPECT_EQ(pods(on_n2), (std::set<std::string>{"shop/b", "shop/d"}));
}

TEST_F(Assign, TheFilterLeavesOnlyOpenNamespaces) {
  filter = true;
  EXPECT_THAT(assigned({}).problem, HasSubstr("chaos-mesh.org/inject: enabled"));
  inventory.open_namespaces = {"shop"};
  EXPECT_EQ(pods(assigned({})).size(), 4U);
}

TEST_F(Assign, TellsWhichContainersThereAre) {
  const auto wrong = assigned({{"containerNames", {"mian"}}});
  EXPECT_TRUE(wrong.targets.empty());
  EXPECT_THAT(wrong.problem, HasSubstr("has no container mian: it has main"));
}

TEST_F(Assign, TellsWhyNobodyIsMeant) {
  EXPECT_THAT(assigned({{"selector", {{"labelSelectors", {{"app", "nope"}}}}}}).problem,
              HasSubstr("no Pod fits"));
  inventory.pods.clear();
  testing::put(inventory, {.name = "pending", .node = ""});
  EXPECT_THAT(assigned({}).problem, HasSubstr("have no node yet"));
}

TEST_F(Assign, RefusesGuestsThatTheNodeCannotReachInto) {
  inventory.pods.at("shop/a").runtime_class = "kata-qemu";
  const auto all = assigned({});
  ASSERT_EQ(all.targets.size(), 4U);
  EXPECT_THAT(all.targets[0].refusal, HasSubstr("runtimeClassName kata-qemu"));
  EXPECT_EQ(all.targets[1].refusal, "");
}

}  // namespace
}  // namespace duress::controller
