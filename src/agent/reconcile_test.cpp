#include "agent/reconcile.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "agent/bench_test.h"
#include "agent/contact.h"

namespace duress::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using testing::Bench;
using testing::container;
using testing::kServerStart;
using testing::order_of;

Bench one_on() {
  Bench out;
  out.order(order_of("e1", {container("a", "A")}));
  out.run("e1", "a", "A");
  EXPECT_THAT(out.act().starts, SizeIs(1));
  return out;
}

TEST(Reconcile, StartsOnceWhatRuns) {
  Bench bench;
  bench.order(order_of("e1", {container("a", "A"), container("b", "B")}));
  bench.run("e1", "a", "A");
  const Actions first = bench.act();
  ASSERT_THAT(first.starts, SizeIs(1));
  EXPECT_EQ(first.starts[0].container_id, "A");
  EXPECT_THAT(bench.act().starts, IsEmpty());
  bench.run("e1", "b", "B");
  EXPECT_THAT(bench.act().starts, SizeIs(1));
  EXPECT_THAT(bench.decide().stops, IsEmpty());
}

TEST(Reconcile, StartsOneWhereAContainerIsListedTwice) {
  Bench bench;
  bench.order(order_of("e1", {container("a", "A"), container("a", "A")}));
  bench.run("e1", "a", "A");
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, PutsLoadsOfSeveralExperimentsOnOneContainer) {
  Bench bench = one_on();
  bench.order(order_of("e2", {container("a", "A")}));
  bench.run("e2", "a", "A");
  EXPECT_THAT(bench.act().starts, SizeIs(1));
  EXPECT_THAT(bench.loads, SizeIs(2));
}

TEST(Reconcile, StopsWithoutAnOrder) {
  Bench bench = one_on();
  bench.orders.clear();
  ASSERT_THAT(bench.decide().stops, SizeIs(1));
  EXPECT_EQ(bench.act().stops[0].because, Because::kNoOrder);
  EXPECT_THAT(bench.act().stops, IsEmpty());  // it was told
}

TEST(Reconcile, StopsWhatIsNoLongerListed) {
  Bench bench = one_on();
  bench.order(order_of("e1", {container("b", "B")}));
  ASSERT_THAT(bench.decide().stops, SizeIs(1));
  EXPECT_EQ(bench.decide().stops[0].because, Because::kNoOrder);
}

TEST(Reconcile, StopsWhenToldAndBeginsAgainWhenToldAgain) {
  Bench bench = one_on();
  bench.orders["e1"].order.desired = spec::Desired::kStop;
  ASSERT_THAT(bench.act().stops, SizeIs(1));
  bench.orders["e1"].order.desired = spec::Desired::kRun;
  EXPECT_THAT(bench.act().starts, IsEmpty());  // the old one is still ending
  bench.end(0, Fate::kStopped);
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, StopsAtTheDeadlineByTheServersClockAndSaysWhenItIsDue) {
  Bench bench;
  spec::NodeOrder order = order_of("e1", {container("a", "A")});
  order.deadline = bench.server() + seconds(30);
  bench.order(order);
  bench.run("e1", "a", "A");
  EXPECT_EQ(bench.act().again, seconds(30));
  bench.now += seconds(30) - milliseconds(1);
  EXPECT_THAT(bench.act().stops, IsEmpty());
  bench.now += milliseconds(1);
  ASSERT_THAT(bench.decide().stops, SizeIs(1));
  EXPECT_EQ(bench.decide().stops[0].because, Because::kDeadline);
  bench.act();
  bench.end(0, Fate::kStopped);
  EXPECT_THAT(bench.act().starts, IsEmpty());
}

TEST(Reconcile, LetsALoadBeWhereTheDeadlineComesEarlierAndBeginsAnewWhereItComesLater) {
  Bench bench;
  spec::NodeOrder order = order_of("e1", {container("a", "A")});
  order.deadline = bench.server() + seconds(30);
  bench.order(order);
  bench.run("e1", "a", "A");
  bench.act();
  bench.orders["e1"].order.deadline = bench.server() + seconds(10);
  EXPECT_THAT(bench.decide().stops, IsEmpty());
  bench.orders["e1"].order.deadline.reset();
  ASSERT_THAT(bench.act().stops, SizeIs(1));
  bench.end(0, Fate::kStopped);
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, BeginsAnewWhereTheLoadsChangeAndOnlyThere) {
  Bench bench = one_on();
  bench.order(order_of("e1", {container("a", "A"), container("b", "B")}));
  EXPECT_THAT(bench.decide().stops, IsEmpty());
  bench.order(order_of("e1", {container("a", "A")}, mib(80)));
  ASSERT_THAT(bench.decide().stops, SizeIs(1));
  EXPECT_EQ(bench.act().stops[0].because, Because::kChanged);
  EXPECT_THAT(bench.act().starts, IsEmpty());
  bench.end(0, Fate::kStopped);
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, LeavesAContainerAloneOnWhichALoadEndedByItself) {
  Bench bench = one_on();
  bench.end(0, Fate::kEnded);
  EXPECT_THAT(bench.act().starts, IsEmpty());
  bench.order(order_of("e1", {container("a", "A")}, mib(80)));
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, BeginsAgainOnARestartedContainerWhereTheExperimentWantsIt) {
  for (const bool again : {true, false}) {
    Bench bench = one_on();
    bench.orders["e1"].order.again = again;
    bench.run("e1", "a", "A2");
    const Actions actions = bench.act();
    ASSERT_THAT(actions.stops, SizeIs(1));
    EXPECT_EQ(actions.stops[0].because, Because::kOtherContainer);
    EXPECT_EQ(actions.starts.size(), again ? 1U : 0U);
    bench.end(0, Fate::kEnded);
    EXPECT_EQ(bench.loads.size(), again ? 1U : 0U);
    EXPECT_THAT(bench.act().starts, IsEmpty());
  }
}

TEST(Reconcile, BeginsAKilledLoadAgainAfterAWhileButNotForEver) {
  Bench bench = one_on();
  for (int deaths = 1; deaths < kMostDeaths; ++deaths) {
    bench.end(0, Fate::kDied, deaths);
    EXPECT_THAT(bench.act().starts, IsEmpty());
    EXPECT_EQ(bench.decide().again, Duration(kAfterADeath * deaths));
    bench.now += kAfterADeath * deaths;
    ASSERT_THAT(bench.act().starts, SizeIs(1)) << deaths;
  }
  bench.end(0, Fate::kDied, kMostDeaths);
  bench.now += std::chrono::hours(1);
  EXPECT_THAT(bench.act().starts, IsEmpty());
}

// Whatever comes in whatever order: never a load without an order, never two on one (experiment,
// container), and nothing is left after the end.
class RandomNode {
 public:
  explicit RandomNode(unsigned seed) : dice_(seed), man_(seconds(60), Instant{}) {}

  void step() {
    bench_.now += milliseconds(roll(3000));
    switch (roll(9)) {
      case 0:
        return bench_.order(random_order());
      case 1:
        bench_.orders.erase(experiment());
        return;
      case 2:
        return restart();
      case 3:
      case 4:
        return end_one();
      case 5:
        if (const auto found = bench_.orders.find(experiment()); found != bench_.orders.end()) {
          spec::Desired& desired = found->second.order.desired;
          desired = desired == spec::Desired::kRun ? spec::Desired::kStop : spec::Desired::kRun;
        }
        return;
      case 6:
        hears_ = !hears_;
        return;
      default:
        return;
    }
  }

  void settle() {
    if (hears_) man_.heard(bench_.now);
    if (man_.is_lost(bench_.now)) bench_.orders.clear();  // as the node does
    const Actions actions = bench_.act();
    for (const Start& start : actions.starts) {
      ASSERT_TRUE(is_wanted(start.slot)) << "started without an order";
      ASSERT_EQ(bench_.running.at(start.slot), start.container_id);
    }
    std::set<std::pair<std::string, std::string>> seen;
    for (const LoadNow& load : bench_.loads) {
      ASSERT_TRUE(seen.emplace(load.slot.experiment, load.container_id).second) << "two loads";
      ASSERT_TRUE(load.stopping || is_wanted(load.slot)) << "goes on without an order";
    }
    ASSERT_THAT(bench_.decide().starts, IsEmpty()) << "doing it twice does more";
    ASSERT_THAT(bench_.decide().stops, IsEmpty());
  }

  void finish(int how) {
    hears_ = how != 2;
    if (how == 0) {
      for (auto& [uid, order] : bench_.orders) order.order.desired = spec::Desired::kStop;
    } else if (how == 1) {
      for (auto& [uid, order] : bench_.orders) order.order.deadline = bench_.server();
    } else {
      bench_.now += seconds(61);
    }
    settle();
    while (!bench_.loads.empty()) {
      ASSERT_TRUE(bench_.loads[0].stopping);
      bench_.end(0, Fate::kStopped);
      settle();
    }
  }

 private:
  int roll(int sides) { return std::uniform_int_distribution(0, sides - 1)(dice_); }
  std::string experiment() { return "e" + std::to_string(roll(3)); }

  spec::NodeOrder random_order() {
    std::vector<spec::ContainerOrder> containers;
    for (int pod = 0; pod < 4; ++pod) {
      if (roll(3) != 0) containers.push_back(container("p" + std::to_string(pod), "old"));
    }
    spec::NodeOrder out = order_of(experiment(), std::move(containers), mib(1 + roll(2)));
    out.desired = roll(5) != 0 ? spec::Desired::kRun : spec::Desired::kStop;
    out.again = roll(3) != 0;
    if (roll(2) == 0) out.deadline = bench_.server() + seconds(roll(20));
    return out;
  }

  // A Pod's container has the same ID for every experiment.
  void restart() {
    const std::string pod = "p" + std::to_string(roll(4));
    const std::string id = roll(4) == 0 ? "" : pod + "-" + std::to_string(++ids_);
    for (int e = 0; e < 3; ++e) {
      const Slot slot = slot_of("e" + std::to_string(e), container(pod, ""));
      bench_.running.erase(slot);
      if (!id.empty()) bench_.running[slot] = id;
    }
  }

  void end_one() {
    if (bench_.loads.empty()) return;
    const auto at = static_cast<std::size_t>(roll(static_cast<int>(bench_.loads.size())));
    bench_.end(at, roll(2) == 0 ? Fate::kEnded : Fate::kDied, 1 + roll(kMostDeaths));
  }

  [[nodiscard]] bool is_wanted(const Slot& slot) const {
    const auto found = bench_.orders.find(slot.experiment);
    if (found == bench_.orders.end() || found->second.order.desired != spec::Desired::kRun)
      return false;
    const spec::NodeOrder& order = found->second.order;
    if (order.deadline && *order.deadline <= bench_.server()) return false;
    return std::ranges::any_of(order.containers, [&](const spec::ContainerOrder& one) {
      return slot_of(slot.experiment, one) == slot;
    });
  }

  std::mt19937 dice_;
  Bench bench_;
  DeadMan man_;
  bool hears_ = true;
  int ids_ = 0;
};

TEST(Reconcile, KeepsItsPromisesWhateverComes) {
  for (unsigned seed = 0; seed < 100; ++seed) {
    SCOPED_TRACE(seed);
    RandomNode node(seed);
    for (int step = 0; step < 120; ++step) {
      node.step();
      node.settle();
      if (::testing::Test::HasFatalFailure()) return;
    }
    node.finish(static_cast<int>(seed % 3));
    if (::testing::Test::HasFatalFailure()) return;
  }
}

TEST(Content, IsOfTheLoadsAlone) {
  spec::NodeOrder a = order_of("e1", {container("a", "A")});
  spec::NodeOrder b = order_of("e2", {});
  b.deadline = kServerStart;
  b.desired = spec::Desired::kStop;
  EXPECT_EQ(content_of(a), content_of(b));
  b.loads.memory->workers = 4;
  EXPECT_NE(content_of(a), content_of(b));
}

}  // namespace
}  // namespace duress::agent
