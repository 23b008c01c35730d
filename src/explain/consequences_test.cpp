#include "explain/consequences.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::explain {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A Burstable Pod's application of 100 MiB at 988 below 500 MiB, on a node of 16 GiB.
struct Case {
  Scene scene{};
  Load load{};
  Surroundings around{};

  Case() {
    cgroup::OomLevel level;
    level.level.path = "/c";
    level.level.usage = mib(110);
    level.level.limit = mib(500);
    scene.kernel.levels = {level};
    scene.kernel.processes = {{.pid = 7,
                               .name = "app",
                               .cgroup = "/c",
                               .inputs = {.resident_pages = 25'600, .oom_score_adj = 988}}};
    scene.use.usage = mib(110);
    scene.init = 7;
    scene.node_total = gib(16);
    scene.node_available = gib(12);
    load.size = mib(3000);
    load.oom_score_adj = 988;
    around.qos = QosClass::kBurstable;
    around.init_adj = 988;
    around.node_working_set = gib(4);
  }
  [[nodiscard]] Consequences tell() const {
    return consequences_of(scene, load, forecast(scene, load), around);
  }
  void share_among(int workers) {
    load.shares.assign(static_cast<std::size_t>(workers), 1.0 / workers);
  }
};

TEST(Consequences, AKilledStressorRestartsNothingButLeavesItsMark) {
  const Consequences got = Case().tell();
  EXPECT_THAT(got.follows, Contains(HasSubstr("not restarted")));
  EXPECT_THAT(got.follows,
              Contains(AllOf(HasSubstr("mark the container OOMKilled"), HasSubstr("exit code 0"))));
}

TEST(Consequences, AKilledFirstProcessIsARestart) {
  Case here;
  here.share_among(4);
  EXPECT_THAT(here.tell().follows, Contains(AllOf(HasSubstr("137"), HasSubstr("restarted"))));
  here.around.restarts = false;
  EXPECT_THAT(here.tell().follows, Contains(HasSubstr("whoever started it decides")));
}

TEST(Consequences, AnotherProcessOfTheApplicationGoesUnnoticed) {
  Case here;
  here.share_among(4);
  here.scene.init = 8;
  EXPECT_THAT(here.tell().follows, Contains(HasSubstr("its first process lives")));
}

TEST(Consequences, TheGroupIsTold) {
  Case here;
  here.scene.kernel.groups = {"/c"};
  EXPECT_THAT(here.tell().follows, Contains(HasSubstr("memory.oom.group is set")));
  EXPECT_THAT(here.tell().advice, Contains(HasSubstr("stressorFirst")));
}

TEST(Consequences, AResizeBelowUsageIsBlocked) {
  EXPECT_THAT(Case().tell().follows, Contains(AllOf(HasSubstr("in-place resize"),
                                                    HasSubstr("500 MiB"), HasSubstr("110 MiB"))));
}

TEST(Consequences, AboveMemoryHighEverybodyIsSlowed) {
  Case here;
  here.scene.kernel.levels[0].level.high = mib(300);
  EXPECT_THAT(here.tell().follows, Contains(HasSubstr("memory.high of /c is 300 MiB")));
  here.load.size = mib(190);
  EXPECT_THAT(here.tell().follows, Not(Contains(HasSubstr("memory.high"))));
}

TEST(Consequences, EvictionIsHeldAgainstTheNodesWorkingSet) {
  Case here;
  EXPECT_EQ(here.tell().eviction.available, gib(12));
  EXPECT_EQ(here.tell().eviction.after, gib(12) - mib(390));
  EXPECT_FALSE(here.tell().eviction.comes);
  here.around.node_working_set = gib(16) - mib(450);
  const Consequences got = here.tell();
  EXPECT_TRUE(got.eviction.comes);  // 450 - 390 MiB is below 100
  EXPECT_THAT(got.follows, Contains(HasSubstr("falls to 60 MiB")));
  EXPECT_THAT(got.advice, Contains(HasSubstr("at most 350 MiB")));
}

TEST(Consequences, TheClassesAreComparedWithThisNodesNumbers) {
  Case here;
  here.around.request = gib(4);
  here.around.qos = QosClass::kBestEffort;
  here.around.init_adj = 1000;
  here.scene.kernel.processes[0].inputs.oom_score_adj = 1000;
  const Consequences got = here.tell();
  ASSERT_EQ(got.classes.size(), 3U);
  EXPECT_EQ(got.classes[0].oom_score_adj, -997);
  EXPECT_EQ(got.classes[1].oom_score_adj, 750);  // a quarter of the node
  EXPECT_TRUE(got.classes[2].now);
  EXPECT_EQ(got.classes[1].forecast.answer, Answer::kOom);
}

TEST(Consequences, TheRequestIsReckonedFromOomScoreAdj) {
  const Consequences got = Case().tell();
  EXPECT_TRUE(got.request_reckoned);
  EXPECT_EQ(got.request, Bytes{gib(16).value / 1000 * 12});
  Case other;
  other.around.qos = QosClass::kGuaranteed;
  other.around.init_adj = -997;
  EXPECT_EQ(other.tell().request, std::nullopt);
  EXPECT_EQ(other.tell().classes.size(), 2U);  // Burstable needs a request to be reckoned
}

TEST(Consequences, AWorkerThatCannotHaveTheApplicationsValueIsNoAdvice) {
  Case here;
  here.share_among(6);
  EXPECT_EQ(here.tell().classes[0].forecast.answer, Answer::kOomApplication);
  here.around.lowest_adj = 0;
  EXPECT_EQ(here.tell().classes[0].forecast.answer, Answer::kOom);
  EXPECT_THAT(here.tell().advice, Not(Contains(HasSubstr("QoS class Guaranteed"))));
}

TEST(Consequences, AClassHelpsWhereTheWorkersValueIsChosen) {
  Case here;
  here.share_among(6);
  here.load.oom_score_adj = 500;
  here.around.adj_follows = false;
  EXPECT_THAT(here.tell().advice,
              Contains(AllOf(HasSubstr("QoS class Guaranteed"), HasSubstr("-997"))));
}

TEST(Consequences, AdviceIsConcreteAndOnlyWhereItHelps) {
  Case here;
  here.load.size = mib(100);
  EXPECT_THAT(here.tell().advice, IsEmpty());
  here.load.size = mib(3000);
  here.share_among(4);
  const Consequences got = here.tell();
  EXPECT_THAT(got.advice, Contains(HasSubstr("up to 390 MiB")));
  EXPECT_THAT(got.advice, Contains(HasSubstr("--when-oom avoid")));
  EXPECT_THAT(got.advice, Contains(HasSubstr("--workers 1")));
  EXPECT_THAT(got.advice, Contains(HasSubstr("Another QoS class changes nothing")));
  here.share_among(1);
  EXPECT_THAT(here.tell().advice, Not(Contains(HasSubstr("--workers"))));
  EXPECT_THAT(here.tell().advice, Not(Contains(HasSubstr("QoS"))));
}

TEST(Consequences, AnEmptySceneIsNoCrash) {
  const Scene scene;
  const Load load;
  EXPECT_THAT(consequences_of(scene, load, forecast(scene, load), {}).advice, IsEmpty());
}

}  // namespace
}  // namespace duress::explain
