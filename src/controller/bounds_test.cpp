#include "controller/bounds.h"

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

PodView pod(const Json& change) {
  Json json = testing::pod_json({.name = "a"});
  json.merge_patch(change);
  return pod_view(json);
}

const Json kHostPid{{"spec", {{"hostPID", true}}}};
const Json kCritical{{"spec", {{"priority", 2'000'001'000}}}};
const Json kMirror{{"metadata", {{"annotations", {{"kubernetes.io/config.mirror", "0af"}}}}}};

TEST(Bounds, LetOrdinaryPodsBe) {
  EXPECT_EQ(refusal_by({}, pod({})), "");
  EXPECT_EQ(refusal_by({}, pod({{"spec", {{"priority", 1'000'000'000}}}})), "");
  EXPECT_EQ(refusal_by({}, pod({{"spec", {{"hostPID", false}}}})), "");
  EXPECT_EQ(
      refusal_by({},
                 pod({{"metadata", {{"annotations", {{"kubernetes.io/config.source", "api"}}}}}})),
      "");
}

TEST(Bounds, RefuseWhatTheNodeLivesBySayingWhoAllowsIt) {
  EXPECT_THAT(refusal_by({}, pod(kHostPid)), HasSubstr("bounds.hostPID: true"));
  EXPECT_THAT(refusal_by({}, pod(kCritical)), HasSubstr("bounds.nodeCritical: true"));
  EXPECT_THAT(refusal_by({}, pod({{"spec", {{"priority", 2'000'000'000}}}})),
              HasSubstr("--allow-node-critical"));
  EXPECT_THAT(refusal_by({}, pod({{"spec", {{"priorityClassName", "system-node-critical"}}}})),
              HasSubstr("--allow-node-critical"));
  EXPECT_THAT(refusal_by({}, pod(kMirror)), HasSubstr("bounds.staticPods: true"));
  EXPECT_THAT(
      refusal_by({},
                 pod({{"metadata", {{"annotations", {{"kubernetes.io/config.source", "file"}}}}}})),
      HasSubstr("--allow-static-pods"));
}

TEST(Bounds, EachIsAllowedByItself) {
  EXPECT_EQ(refusal_by({.host_pid = true}, pod(kHostPid)), "");
  EXPECT_EQ(refusal_by({.node_critical = true}, pod(kCritical)), "");
  EXPECT_EQ(refusal_by({.static_pods = true}, pod(kMirror)), "");
  EXPECT_NE(refusal_by({.node_critical = true, .static_pods = true}, pod(kHostPid)), "");
}

TEST(Bounds, ProtectedNamespacesComeFirst) {
  const Bounds bounds{.node_critical = true, .protected_spaces = {"shop"}};
  EXPECT_THAT(refusal_by(bounds, pod(kCritical)), HasSubstr("namespace shop"));
  EXPECT_EQ(refusal_by({.protected_spaces = {"bank"}}, pod({})), "");
}

TEST(Bounds, ARefusedPodIsToldAndNothingIsOrderedThere) {
  World world(inventory_of({{.name = "a"}, {.name = "b"}}));
  world.inventory.pods.at("shop/a").host_pid = true;
  const Status status = world.look().status;
  EXPECT_EQ(world.stressed(), "b");
  ASSERT_EQ(status.records.size(), 2U);
  EXPECT_EQ(status.records[0].measured.injection, spec::Injection::kFailed);
  EXPECT_THAT(status.records[0].measured.message, HasSubstr("the Pod has hostPID: true"));
  EXPECT_EQ(status.records[1].measured.message, "");
}

TEST(Bounds, WhatRunsIsReleasedWhenItIsForbidden) {
  World world(inventory_of({{.name = "a"}, {.name = "b"}}));
  world.look();
  world.answer();
  world.inventory.pods.at("shop/a").node_critical = true;
  world.look();
  EXPECT_EQ(world.stressed(), "b");
}

class MostTargets : public ::testing::Test {
 protected:
  MostTargets() { world.settings.bounds.targets = 2; }
  World world{inventory_of({{.name = "a"}, {.name = "b"}})};
};

TEST_F(MostTargets, SoManyAreAllowed) {
  world.look();
  EXPECT_EQ(world.stressed(), "a b");
}

TEST_F(MostTargets, MoreAreNotCutToFit) {
  testing::put(world.inventory, {.name = "c"});
  const Decision decision = world.look();
  EXPECT_TRUE(decision.orders.empty());
  const Condition* selected = condition_of(decision.status, "Selected");
  ASSERT_NE(selected, nullptr);
  EXPECT_FALSE(selected->is_true);
  EXPECT_EQ(selected->reason, "TooManyTargets");
  EXPECT_THAT(selected->message, HasSubstr("3 containers are meant"));
  EXPECT_THAT(selected->message, HasSubstr("allows an experiment 2"));
  EXPECT_TRUE(decision.status.records.empty());
  world.inventory.pods.erase("shop/c");
  world.look();
  EXPECT_EQ(world.stressed(), "a b") << "it is tried again";
}

TEST_F(MostTargets, WhatRunsGoesOnAndNothingMoreIsBegun) {
  world.look();
  world.answer();
  world.look();
  testing::put(world.inventory, {.name = "c"});
  const Status before = world.view.status;
  const Decision decision = world.look();
  EXPECT_TRUE(decision.orders.empty());
  EXPECT_EQ(world.stressed(), "a b");
  const Condition* selected = condition_of(decision.status, "Selected");
  EXPECT_EQ(selected->reason, "TooManyTargets");
  EXPECT_THAT(selected->message, HasSubstr("what runs goes on"));
  EXPECT_FALSE(is_true(decision.status, "AllInjected"));
  ASSERT_EQ(decision.status.records.size(), 3U);
  EXPECT_THAT(decision.status.records[2].measured.message, HasSubstr("nothing more is begun"));
  std::vector<std::string> reasons;
  for (const Note& note : notes_between(before, decision.status)) reasons.push_back(note.reason);
  EXPECT_THAT(reasons, Contains("Failed"));
  EXPECT_THAT(reasons, Not(Contains("Started")));
}

TEST_F(MostTargets, WhatWasPausedDoesNotComeBackAsTooMany) {
  world.look();
  world.answer();
  world.view.manifest.paused = true;
  world.look();
  world.answer();
  testing::put(world.inventory, {.name = "c"});
  world.look();
  world.view.manifest.paused = false;
  world.look();
  EXPECT_EQ(world.stressed(), "");
}

}  // namespace
}  // namespace duress::controller
