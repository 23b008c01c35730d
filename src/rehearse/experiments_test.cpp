#include "rehearse/experiments.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::rehearse {
namespace {

using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Instant kStart{seconds(1000)};

struct Scene {
  std::vector<spec::Pod> pods;
  std::vector<PodState> states;

  Scene& pod(const std::string& name, const std::vector<std::string>& containers = {"app"}) {
    spec::Pod pod{.name = name, .ns = "web"};
    PodState state{.name = name, .ns = "web", .phase = Phase::kRunning, .ready = true};
    for (const std::string& container : containers) {
      pod.containers.push_back({.name = container});
      state.containers.push_back(
          {.name = container, .stage = Stage::kRunning, .id = name + "-" + container + "-1"});
    }
    pods.push_back(pod);
    states.push_back(state);
    return *this;
  }
  ContainerState& container(std::size_t pod) { return states[pod].containers[0]; }
};

Experiment on_all(std::optional<Duration> duration = seconds(60)) {
  return {.name = "mem", .ns = "web", .duration = duration};
}

Experiments chosen(const Scene& scene, const Experiment& experiment) {
  auto out = Experiments::choose({experiment}, scene.pods, scene.states, {.node = "n", .seed = 1});
  EXPECT_TRUE(out) << out.error().message;
  return std::move(*out);
}

TEST(Experiments, BeginOnEveryChosenContainerAtOnce) {
  Scene scene;
  scene.pod("a").pod("b", {"app", "side"});
  Experiments book = chosen(scene, on_all());
  EXPECT_THAT(book.due(kStart, scene.states), IsEmpty());
  book.begin(kStart);
  EXPECT_THAT(book.due(kStart, scene.states), ElementsAre(0, 1));
  EXPECT_EQ(book.bookings()[1].place.container, 0U);  // the first container where none is named
}

TEST(Experiments, ThatMeanNobodyAreRefusedWithWhatThereIs) {
  Scene scene;
  scene.pod("a");
  Experiment experiment = on_all();
  experiment.selection.selector.namespaces = {"elsewhere"};
  const auto out =
      Experiments::choose({experiment}, scene.pods, scene.states, {.node = "n", .seed = 1});
  ASSERT_FALSE(out);
  EXPECT_EQ(out.error().code, Code::kRefused);
  EXPECT_THAT(out.error().message, HasSubstr("web/a"));
}

TEST(Experiments, ThatNameAnUnknownContainerAreRefused) {
  Scene scene;
  scene.pod("a");
  Experiment experiment = on_all();
  experiment.selection.container_names = {"nope"};
  const auto out =
      Experiments::choose({experiment}, scene.pods, scene.states, {.node = "n", .seed = 1});
  ASSERT_FALSE(out);
  EXPECT_THAT(out.error().message, HasSubstr("app"));
}

TEST(Experiments, FollowARestartedContainer) {
  Scene scene;
  scene.pod("a");
  Experiments book = chosen(scene, on_all());
  book.begin(kStart);
  book.started(0, scene.container(0).id);
  scene.container(0).stopping = true;
  book.ended(0, "the target's process has ended");
  EXPECT_THAT(book.due(kStart, scene.states), IsEmpty());
  EXPECT_FALSE(book.over(kStart, scene.states));
  scene.container(0) = {.name = "app", .stage = Stage::kRunning, .id = "a-app-2"};
  EXPECT_THAT(book.due(kStart, scene.states), ElementsAre(0));
  book.started(0, "a-app-2");
  EXPECT_EQ(book.bookings()[0].times, 2);
}

TEST(Experiments, EndWithTheContainerWhereThatIsAskedFor) {
  Scene scene;
  scene.pod("a");
  Experiment experiment = on_all();
  experiment.again = false;
  Experiments book = chosen(scene, experiment);
  book.begin(kStart);
  book.started(0, scene.container(0).id);
  book.ended(0, "the target's process has ended");
  scene.container(0).id = "a-app-2";
  EXPECT_THAT(book.due(kStart, scene.states), IsEmpty());
  EXPECT_TRUE(book.over(kStart, scene.states));
}

TEST(Experiments, AreNotBegunAnewWhereTheLoadEndedByItself) {
  Scene scene;
  scene.pod("a");
  Experiments book = chosen(scene, on_all(std::nullopt));
  book.begin(kStart);
  book.started(0, scene.container(0).id);
  EXPECT_FALSE(book.over(kStart + seconds(1), scene.states));
  book.ended(0, "the OOM killer took a worker");
  EXPECT_THAT(book.due(kStart + seconds(1), scene.states), IsEmpty());
  EXPECT_TRUE(book.over(kStart + seconds(1), scene.states));
}

TEST(Experiments, AreOverWithTheirDurationThoughAContainerIsDown) {
  Scene scene;
  scene.pod("a");
  Experiments book = chosen(scene, on_all());
  book.begin(kStart);
  book.started(0, scene.container(0).id);
  book.ended(0, "the target's process has ended");
  scene.container(0) = {.name = "app", .stage = Stage::kWaiting, .reason = "CrashLoopBackOff"};
  EXPECT_FALSE(book.over(kStart + seconds(59), scene.states));
  EXPECT_EQ(*book.left(0, kStart + seconds(59)), seconds(1));
  EXPECT_TRUE(book.over(kStart + seconds(60), scene.states));
  scene.container(0) = {.name = "app", .stage = Stage::kRunning, .id = "a-app-2"};
  EXPECT_THAT(book.due(kStart + seconds(60), scene.states), IsEmpty());
}

TEST(Experiments, ThatArePausedAreOnNobody) {
  Scene scene;
  scene.pod("a");
  Experiment experiment = on_all();
  experiment.paused = true;
  Experiments book = chosen(scene, experiment);
  book.begin(kStart);
  EXPECT_THAT(book.due(kStart, scene.states), IsEmpty());
  EXPECT_TRUE(book.over(kStart, scene.states));
}

TEST(AllReady, WaitsForAContainerThatHasJustStarted) {
  Scene scene;
  scene.pod("a");
  scene.container(0).since = kStart;
  EXPECT_FALSE(all_ready(scene.states, kStart + std::chrono::milliseconds(999), seconds(1)));
  EXPECT_TRUE(all_ready(scene.states, kStart + seconds(1), seconds(1)));
  scene.states[0].ready = false;
  EXPECT_FALSE(all_ready(scene.states, kStart + seconds(9), seconds(1)));
}

TEST(Experiments, LeaveAPodThatIsAtItsEndAlone) {
  Scene scene;
  scene.pod("a");
  Experiments book = chosen(scene, on_all());
  book.begin(kStart);
  scene.states[0].phase = Phase::kSucceeded;
  scene.states[0].ready = false;
  EXPECT_THAT(book.due(kStart, scene.states), IsEmpty());
  EXPECT_TRUE(book.over(kStart, scene.states));
  EXPECT_TRUE(all_ready(scene.states, kStart, seconds(1)));
}

}  // namespace
}  // namespace duress::rehearse
