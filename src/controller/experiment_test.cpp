#include "controller/experiment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "controller/world_test.h"

namespace duress::controller {
namespace {

using testing::experiment_json;
using ::testing::HasSubstr;

TEST(Experiment, TakesWhatTheApiServerAdds) {
  Json json = experiment_json();
  json["metadata"]["managedFields"] = Json::array({{{"manager", "kubectl"}}});
  json["status"] = {{"anything", 1}};
  const ExperimentView view = experiment_view(json);
  EXPECT_EQ(view.problem, "");
  EXPECT_TRUE(view.has_finalizer());
  EXPECT_EQ(view.deadline(), testing::after(3600));
}

TEST(Experiment, AnEmptyDurationIsNoEnd) {
  EXPECT_EQ(experiment_view(experiment_json({{"duration", ""}})).deadline(), std::nullopt);
  EXPECT_EQ(experiment_view(experiment_json({{"duration", "2562047h"}})).deadline(), std::nullopt);
}

TEST(Experiment, ThatIsWrongTellsWhatIsAllowed) {
  const auto view = experiment_view(
      experiment_json({{"stressors", {{"memory", {{"workers", 0}, {"size", "50MiB"}}}}}}));
  EXPECT_THAT(view.problem, HasSubstr("spec.stressors.memory.workers"));
  EXPECT_THAT(view.problem, HasSubstr("1 to 1024"));
}

TEST(Experiment, IsPausedByItsAnnotation) {
  Json json = experiment_json();
  EXPECT_FALSE(experiment_view(json).paused());
  json["metadata"]["annotations"] = {{"experiment.chaos-mesh.org/pause", "true"}};
  EXPECT_TRUE(experiment_view(json).paused());
}

TEST(Experiment, IsForcedByItsAnnotation) {
  Json json = experiment_json();
  json["metadata"]["annotations"] = {{"chaos-mesh.chaos-mesh.org/cleanFinalizer", "forced"}};
  EXPECT_TRUE(experiment_view(json).forced);
}

TEST(Experiment, ReadsAnythingWithoutHarm) {
  EXPECT_NE(experiment_view(Json::array()).problem, "");
  EXPECT_NE(experiment_view(Json{{"spec", "x"}, {"metadata", 1}}).problem, "");
}

}  // namespace
}  // namespace duress::controller
