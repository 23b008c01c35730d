#include "agent/node.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/node_world_test.h"

namespace duress::agent {
namespace {

using spec::Injection;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;
using testing::FakeLoads;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::NodeTest;
using testing::order_of;
using ::testing::SizeIs;

TEST_F(NodeTest, StartsWhatIsOrderedAndReportsItWhenItIsOn) {
  order("A");
  ASSERT_THAT(loads_.all, SizeIs(1));
  EXPECT_EQ(loads_.all[0].wanted.cgroup, "/pod/A");
  EXPECT_FALSE(node_.report("e1"));  // it will tell in a moment
  FakeLoads::tell(loads_.all[0], R"({"type":"started"})");
  turn();
  EXPECT_EQ(report().injection, Injection::kInjected);
  EXPECT_EQ(node_.report("e1")->observed_generation, 1);
  EXPECT_FALSE(node_.report("e1")->released);
}

TEST_F(NodeTest, SaysThatALoadIsBeingStartedWhereThatTakesLong) {
  order("A");
  turn(seconds(1));
  EXPECT_EQ(report().injection, Injection::kWaiting);
}

TEST_F(NodeTest, IsReleasedOnlyWhenTheLastLoadHasEnded) {
  order("A");
  FakeLoads::tell(loads_.all[0], R"({"type":"started"})");
  turn();
  spec::NodeOrder stop = order_of("e1", "A");
  stop.desired = spec::Desired::kStop;
  node_.ordered(stop, 2, {});
  EXPECT_TRUE(loads_.all[0].told_to_stop);
  EXPECT_FALSE(node_.report("e1")->released);
  FakeLoads::end(loads_.all[0], "signal");
  turn();
  EXPECT_TRUE(node_.report("e1")->released);
  EXPECT_EQ(node_.report("e1")->observed_generation, 2);
  EXPECT_EQ(report().injection, Injection::kNotInjected);
}

TEST_F(NodeTest, KillsALoadThatDoesNotEnd) {
  order("A");
  node_.gone("e1");
  ASSERT_TRUE(loads_.all[0].told_to_stop);
  turn(seconds(10));
  EXPECT_THAT(loads_.killed, ElementsAre(loads_.all[0].wanted.number));
  EXPECT_FALSE(node_.is_idle());
}

TEST_F(NodeTest, ReleasesWithoutContactAndBeginsAgainOnlyWithAnOrderReadAnew) {
  order("A");
  FakeLoads::tell(loads_.all[0], R"({"type":"started"})");
  turn();
  node_.forget_orders("released: the API server was not heard");
  ASSERT_TRUE(loads_.all[0].told_to_stop);
  FakeLoads::end(loads_.all[0], "signal");
  turn(seconds(100));
  EXPECT_TRUE(node_.is_idle());
  EXPECT_THAT(loads_.all, SizeIs(1));
  order("A");
  ASSERT_THAT(loads_.all, SizeIs(2));
  FakeLoads::tell(loads_.all[1], R"({"type":"started"})");
  turn();
  EXPECT_EQ(report().times, 2);
  EXPECT_THAT(report().event, HasSubstr("was not heard"));
}

TEST_F(NodeTest, BeginsNothingOnceItIsShutDown) {
  order("A");
  node_.shut_down("released: the agent was ended");
  ASSERT_TRUE(loads_.all[0].told_to_stop);
  FakeLoads::end(loads_.all[0], "signal");
  turn(seconds(10));
  EXPECT_TRUE(node_.is_idle());
  EXPECT_TRUE(node_.report("e1")->released);
  order("B", 2);
  EXPECT_THAT(loads_.all, SizeIs(1));
}

TEST_F(NodeTest, LetsAFailureBeThatWasReportedBeforeItWasThere) {
  spec::NodeReport before;
  before.observed_generation = 7;
  before.containers.push_back({.ns = "shop",
                               .pod = "web",
                               .container = "app",
                               .id = "A",
                               .injection = Injection::kFailed,
                               .times = 1,
                               .message = "no"});
  node_.ordered(order_of("e1", "A"), 7, before);
  EXPECT_THAT(loads_.all, IsEmpty());
  EXPECT_EQ(report().message, "no");
  node_.ordered(order_of("e1", "A", mib(60)), 8, before);
  EXPECT_THAT(loads_.all, SizeIs(1));
}

TEST_F(NodeTest, BeginsAgainWhereAnAgentBeforeItHadALoadOn) {
  spec::NodeReport before;
  before.containers.push_back({.ns = "shop",
                               .pod = "web",
                               .container = "app",
                               .id = "A",
                               .injection = Injection::kInjected,
                               .times = 1});
  node_.ordered(order_of("e1", "A"), 1, before);
  ASSERT_THAT(loads_.all, SizeIs(1));
  turn(seconds(1));
  EXPECT_EQ(report().injection, Injection::kWaiting);
  EXPECT_EQ(report().times, 2);
}

TEST_F(NodeTest, WaitsForTheWardenOfASupervisorThatWasKilled) {
  order("A");
  FakeLoads::end(loads_.all[0], "");
  turn();
  EXPECT_EQ(report().injection, Injection::kWaiting);
  EXPECT_FALSE(node_.is_idle());
  turn(milliseconds(1500));
  EXPECT_TRUE(node_.is_idle());
  EXPECT_THAT(loads_.all, SizeIs(1));
  turn(seconds(2));
  EXPECT_THAT(loads_.all, SizeIs(2));
}

// The launcher was killed: its loads end before the agent sees that it is gone.
TEST_F(NodeTest, TakesALoadThatSomebodyElseEndedForOneToBeBegunAgain) {
  order("A");
  FakeLoads::end(loads_.all[0], "signal");
  turn();
  EXPECT_EQ(report().injection, Injection::kWaiting);
  node_.shut_down("released: the launcher was ended");
  EXPECT_NE(report().injection, Injection::kFailed);
}

TEST_F(NodeTest, BeginsALoadAgainThatLostItsLeaseBecauseTheNodeWasBusy) {
  order("A");
  FakeLoads::end(loads_.all[0], "heldUp");
  turn();
  EXPECT_EQ(report().injection, Injection::kWaiting);
  turn(seconds(2));
  EXPECT_THAT(loads_.all, SizeIs(2));
}

TEST_F(NodeTest, GivesALoadUpThatIsEndedAgainAndAgain) {
  order("A");
  for (std::size_t death = 0; death < kMostDeaths; ++death) {
    ASSERT_THAT(loads_.all, SizeIs(death + 1));
    FakeLoads::end(loads_.all[death], "signal");
    turn();
    turn(seconds(10));
  }
  EXPECT_EQ(report().injection, Injection::kFailed);
  EXPECT_THAT(loads_.all, SizeIs(kMostDeaths));
}

TEST_F(NodeTest, TellsOfTheNewContainerThoughTheOldOnesLoadEndsLater) {
  order("A");
  order("B", 2);
  ASSERT_THAT(loads_.all, SizeIs(2));
  EXPECT_TRUE(loads_.all[0].told_to_stop);
  FakeLoads::tell(loads_.all[1], R"({"type":"started"})");
  turn();
  FakeLoads::end(loads_.all[0], "targetEnded");
  turn();
  EXPECT_EQ(report().injection, Injection::kInjected);
  EXPECT_EQ(report().id, "B");
  EXPECT_EQ(report().restarts, 1);
}

TEST_F(NodeTest, TellsWhyALoadCouldNotBeStartedAndDoesNotTryForEver) {
  loads_.refuses = Code::kRefused;
  order("A");
  EXPECT_EQ(report().injection, Injection::kFailed);
  EXPECT_EQ(report().message, "no room");
  loads_.refuses.reset();
  turn(seconds(60));
  EXPECT_THAT(loads_.all, IsEmpty());
}

TEST_F(NodeTest, WithoutALauncherTakesNothingForFailed) {
  loads_.refuses = Code::kGone;
  order("A");
  EXPECT_EQ(report().injection, Injection::kWaiting);
  EXPECT_EQ(report().message, "no room");
}

// Should this agent end before it can begin, the next would take it for this order's failure.
TEST_F(NodeTest, NoFailureAnswersAnotherOrder) {
  order("A");
  FakeLoads::end(loads_.all[0], "stressorKilled");
  turn();
  ASSERT_EQ(report().injection, Injection::kFailed);
  containers_.ids.clear();
  node_.ordered(order_of("e1", "A", mib(60)), 2, {});
  EXPECT_EQ(report().injection, Injection::kWaiting);

  spec::NodeReport before = *node_.report("e1");
  before.observed_generation = 1;
  before.containers[0].injection = Injection::kFailed;
  node_.gone("e1");
  node_.ordered(order_of("e1", "A", mib(60)), 2, before);
  EXPECT_EQ(report().injection, Injection::kWaiting) << "nor one that was told of the order before";
}

TEST_F(NodeTest, WaitsForAContainerThatDoesNotRunYet) {
  containers_.ids.clear();
  order("A");
  EXPECT_THAT(loads_.all, IsEmpty());
  EXPECT_THAT(report().message, HasSubstr("does not run"));
  containers_.ids.insert("A");
  turn(milliseconds(200));
  EXPECT_THAT(loads_.all, SizeIs(1));
}

TEST_F(NodeTest, KeepsItsPromisesWhateverComes) {
  std::mt19937 dice(7);
  const auto roll = [&](int sides) { return std::uniform_int_distribution(0, sides - 1)(dice); };
  std::int64_t generation = 0;
  const std::vector<std::string> ids = {"A", "B", "C", "D", "gone"};
  for (int step = 0; step < 1500; ++step) {
    const std::string experiment = "e" + std::to_string(roll(3));
    switch (roll(7)) {
      case 0:
      case 1: {
        spec::NodeOrder wanted =
            order_of(experiment, ids[static_cast<std::size_t>(roll(5))], mib(50 + roll(2)));
        wanted.desired = roll(4) != 0 ? spec::Desired::kRun : spec::Desired::kStop;
        wanted.again = roll(2) != 0;
        if (roll(3) == 0) wanted.deadline = time_.wall() + seconds(roll(5));
        node_.ordered(wanted, ++generation, {});
        break;
      }
      case 2:
        node_.gone(experiment);
        break;
      case 3:
        node_.forget_orders("no contact");
        break;
      default:
        if (loads_.all.empty()) break;
        FakeLoads::One& one =
            loads_.all[static_cast<std::size_t>(roll(static_cast<int>(loads_.all.size())))];
        if (!one.over) FakeLoads::end(one, one.told_to_stop ? "signal" : roll(2) ? "failed" : "");
    }
    turn(milliseconds(roll(1500)));
    std::set<std::pair<std::string, std::string>> on;
    for (const FakeLoads::One& one : loads_.all) {
      if (one.over) continue;
      ASSERT_TRUE(on.emplace(one.wanted.name, one.wanted.cgroup).second) << "two loads";
    }
    ASSERT_LE(loads_.alive(), node_.loads());
  }
  for (int e = 0; e < 3; ++e) node_.gone("e" + std::to_string(e));
  for (FakeLoads::One& one : loads_.all) {
    ASSERT_TRUE(one.over || one.told_to_stop);
    if (!one.over) FakeLoads::end(one, "signal");
  }
  turn();
  turn(seconds(2));
  EXPECT_TRUE(node_.is_idle());
}

}  // namespace
}  // namespace duress::agent
