#include "controller/pod_view.h"

#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

TEST(PodView, PutsSidecarsAndInitContainersBehindTheOthers) {
  Json pod = testing::pod_json({.name = "a"});
  pod["spec"]["initContainers"] = {{{"name", "setup"}},
                                   {{"name", "proxy"}, {"restartPolicy", "Always"}}};
  const PodView view = pod_view(pod);
  EXPECT_EQ(view.candidate.containers, (std::vector<std::string>{"main", "proxy", "setup"}));
}

TEST(PodView, TakesTheIdWithoutItsRuntime) {
  const PodView view = pod_view(testing::pod_json({.name = "a", .id = "0123"}));
  ASSERT_EQ(view.containers.size(), 1U);
  EXPECT_EQ(view.containers[0].id, "0123");
  EXPECT_TRUE(view.containers[0].running);
}

TEST(PodView, KnowsWhatWillNotRunAgain) {
  Json pod = testing::pod_json({.name = "a"});
  pod["status"]["containerStatuses"][0]["state"] = {{"terminated", {{"exitCode", 1}}}};
  EXPECT_FALSE(pod_view(pod).containers[0].is_over);
  pod["spec"]["restartPolicy"] = "OnFailure";
  EXPECT_FALSE(pod_view(pod).containers[0].is_over);
  pod["spec"]["restartPolicy"] = "Never";
  EXPECT_TRUE(pod_view(pod).containers[0].is_over);
  pod["spec"]["restartPolicy"] = "OnFailure";
  pod["status"]["containerStatuses"][0]["state"] = {{"terminated", {{"exitCode", 0}}}};
  EXPECT_TRUE(pod_view(pod).containers[0].is_over);
}

TEST(PodView, OfAnInitContainerThatIsDoneNothingRunsAgain) {
  Json pod = testing::pod_json({.name = "a"});
  pod["spec"]["initContainers"] = {{{"name", "setup"}}};
  pod["status"]["initContainerStatuses"] = {
      {{"name", "setup"}, {"state", {{"terminated", {{"exitCode", 0}}}}}}};
  EXPECT_TRUE(pod_view(pod).containers[1].is_over);
}

TEST(PodView, LeavesOutAnnotationsThatNobodySelectsBy) {
  Json pod = testing::pod_json({.name = "a"});
  pod["metadata"]["annotations"] = {{"short", "1"}, {"long", std::string(5000, 'x')}};
  EXPECT_EQ(pod_view(pod).candidate.annotations, (spec::Labels{{"short", "1"}}));
}

TEST(PodView, ReadsAnythingWithoutHarm) {
  EXPECT_EQ(pod_view(Json("nonsense")).candidate.name, "");
  EXPECT_EQ(pod_view(Json{{"spec", 1}, {"status", Json::array()}}).containers.size(), 0U);
}

TEST(NodeView, IsLostOnceItsKubeletIsSilent) {
  Json node{{"status", {{"conditions", {{{"type", "Ready"}, {"status", "Unknown"}}}}}}};
  EXPECT_TRUE(node_view(node).lost);
  node["status"]["conditions"][0]["status"] = "False";
  EXPECT_FALSE(node_view(node).lost) << "it says itself that it is not ready: it is not lost";
  node["status"]["conditions"][0]["status"] = "True";
  EXPECT_FALSE(node_view(node).lost);
}

}  // namespace
}  // namespace duress::controller
