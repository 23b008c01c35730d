#include "agent/bounds.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/bench_test.h"
#include "agent/node_world_test.h"

namespace duress::agent {
namespace {

using testing::Bench;
using testing::container;
using testing::FakeLoads;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::order_of;
using ::testing::SizeIs;

TEST(Bounds, WithoutAnyNothingWaits) {
  EXPECT_FALSE(Bounds{}.any());
  EXPECT_EQ(why_held_back({}, {.memory = gib(90), .is_whole = false, .fills = 50}, std::nullopt),
            "");
  EXPECT_EQ(left_of({}, {.memory = gib(90)}), std::nullopt);
}

TEST(Bounds, SayWhatIsAllowedWhatIsHeldAndWhatIsAskedFor) {
  const Bounds bounds{.memory = mib(100)};
  EXPECT_EQ(why_held_back(bounds, {.memory = mib(60)}, mib(40)), "");
  EXPECT_EQ(why_held_back(bounds, {.memory = mib(60)}, mib(41)),
            "waits: the administrator allows 100 MiB of stress on this node; 60 MiB are held by "
            "others, this asks for 41 MiB");
  EXPECT_EQ(left_of(bounds, {.memory = mib(60)}), mib(40));
}

TEST(Bounds, OneThatHasNotToldMayTryAsLongAsAnythingIsLeft) {
  const Bounds bounds{.memory = mib(100)};
  EXPECT_EQ(why_held_back(bounds, {.memory = mib(99)}, std::nullopt), "");
  EXPECT_THAT(why_held_back(bounds, {.memory = mib(100)}, std::nullopt),
              HasSubstr("100 MiB are held by others"));
  EXPECT_EQ(left_of(bounds, {.memory = mib(130)}), mib(0));
}

TEST(Bounds, OneAfterTheOtherWhileItIsNotKnownWhatTheFirstTakes) {
  const Bounds bounds{.memory = mib(100)};
  EXPECT_THAT(why_held_back(bounds, {.is_whole = false}, std::nullopt),
              HasSubstr("has yet to tell"));
  EXPECT_EQ(why_held_back({.fills = 3}, {.is_whole = false}, std::nullopt), "");
}

TEST(Bounds, SoManyFillAtATime) {
  EXPECT_EQ(why_held_back({.fills = 2}, {.fills = 1}, std::nullopt), "");
  EXPECT_EQ(why_held_back({.fills = 2}, {.fills = 2}, std::nullopt),
            "waits: 2 fills run on this node, the administrator allows 2 at a time");
}

TEST(Reconcile, GivesEachLoadWhatIsLeftAndBeginsTheNextWhenThatIsKnown) {
  Bench bench;
  bench.bounds.memory = mib(120);
  bench.order(order_of("e1", {container("a", "A"), container("b", "B"), container("c", "C")}));
  for (const char* pod : {"a", "b", "c"}) bench.run("e1", pod, std::string(pod) + "-id");
  const Actions first = bench.act();
  ASSERT_THAT(first.starts, SizeIs(1));
  EXPECT_EQ(first.starts[0].at_most, mib(120));
  EXPECT_THAT(bench.act().starts, IsEmpty()) << "it has not told yet";
  bench.loads[0].claim = mib(50);
  const Actions second = bench.act();
  ASSERT_THAT(second.starts, SizeIs(1));
  EXPECT_EQ(second.starts[0].at_most, mib(70));
  bench.loads[1].claim = mib(70);
  EXPECT_THAT(bench.act().starts, IsEmpty());
  bench.loads[0].stopping = true;
  EXPECT_THAT(bench.act().starts, IsEmpty()) << "what is being released is held still";
  bench.end(0, Fate::kEnded);
  ASSERT_THAT(bench.act().starts, SizeIs(1)) << "what was released is free";
}

TEST(Reconcile, WhatWasNotBegunWaitsUntilThereIsRoomForIt) {
  Bench bench;
  bench.bounds.memory = mib(100);
  bench.order(order_of("e1", {container("a", "A"), container("b", "B")}));
  bench.run("e1", "a", "A");
  bench.act();
  bench.loads[0].claim = mib(60);
  bench.run("e1", "b", "B");
  bench.act();
  ASSERT_THAT(bench.loads, SizeIs(2));
  bench.loads[1].stopping = true;
  bench.end(1, Fate::kEnded);
  const Slot slot = slot_of("e1", container("b", "B"));
  bench.past[slot].claim = mib(50);
  EXPECT_THAT(bench.act().starts, IsEmpty());
  const World world{.orders = bench.orders,
                    .loads = bench.loads,
                    .past = bench.past,
                    .running = bench.running,
                    .now = bench.now,
                    .server_now = bench.server(),
                    .bounds = bench.bounds};
  EXPECT_EQ(why_waiting(world, bench.orders["e1"], slot),
            "waits: the administrator allows 100 MiB of stress on this node; 60 MiB are held by "
            "others, this asks for 50 MiB");
  bench.end(0, Fate::kEnded);
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, SoManyFillAtATime) {
  Bench bench;
  bench.bounds.fills = 2;
  bench.order(order_of("e1", {container("a", "A"), container("b", "B"), container("c", "C")}));
  for (const char* pod : {"a", "b", "c"}) bench.run("e1", pod, std::string(pod) + "-id");
  EXPECT_THAT(bench.act().starts, SizeIs(2));
  EXPECT_THAT(bench.act().starts, IsEmpty());
  bench.loads[1].fills = false;
  EXPECT_THAT(bench.act().starts, SizeIs(1));
}

TEST(Reconcile, BoundsOfMemoryLeaveCpuAlone) {
  Bench bench;
  bench.bounds = {.memory = mib(10), .fills = 1};
  for (const char* uid : {"e1", "e2"}) {
    spec::NodeOrder order = order_of(uid, {container("a", "A")});
    order.loads.memory.reset();
    order.loads.cpu.emplace();
    bench.order(order);
    bench.run(uid, "a", "A");
  }
  EXPECT_THAT(bench.act().starts, SizeIs(2));
}

class NodeBounds : public testing::NodeTest {
 protected:
  explicit NodeBounds(const Bounds& bounds = {.memory = mib(100)}) : NodeTest(bounds) {}
  static void plan(FakeLoads::One& load, Bytes size) {
    FakeLoads::tell(load,
                    R"({"type":"plan","memory":{"sizeBytes":)" + std::to_string(size.value) + "}}");
  }
  spec::ContainerReport report_of(const std::string& experiment) {
    turn(std::chrono::seconds(1));  // then it is told that a load is being started
    return node_.report(experiment).value().containers[0];
  }
  void order_as(const std::string& experiment, const std::string& id) {
    node_.ordered(testing::order_of(experiment, id), 1, {});
  }
};

TEST_F(NodeBounds, ALoadThatIsBeyondTheRestWaitsAndIsBegunWhenAnotherHasEnded) {
  order_as("e1", "A");
  order_as("e2", "B");
  ASSERT_THAT(loads_.all, SizeIs(1));
  EXPECT_EQ(loads_.all[0].wanted.at_most, mib(100));
  plan(loads_.all[0], mib(60));
  turn();
  ASSERT_THAT(loads_.all, SizeIs(2));
  EXPECT_EQ(loads_.all[1].wanted.at_most, mib(40));
  plan(loads_.all[1], mib(50));
  FakeLoads::end(loads_.all[1], "failed");
  EXPECT_EQ(report_of("e2").injection, spec::Injection::kWaiting);
  EXPECT_THAT(report_of("e2").message,
              HasSubstr("60 MiB are held by others, this asks for 50 MiB"));
  EXPECT_EQ(report_of("e2").times, 0);
  ASSERT_THAT(loads_.all, SizeIs(2));
  FakeLoads::end(loads_.all[0], "deadline");
  turn();
  ASSERT_THAT(loads_.all, SizeIs(3));
  EXPECT_EQ(loads_.all[2].wanted.at_most, mib(100));
}

TEST_F(NodeBounds, ALoadThatNeverFitsFails) {
  order_as("e1", "A");
  plan(loads_.all[0], mib(101));
  FakeLoads::end(loads_.all[0], "failed");
  EXPECT_EQ(report_of("e1").injection, spec::Injection::kFailed);
  EXPECT_EQ(report_of("e1").message,
            "the administrator allows 100 MiB of stress on this node; this asks for 101 MiB: ask "
            "for less");
  EXPECT_THAT(loads_.all, SizeIs(1));
}

class NodeFills : public NodeBounds {
 protected:
  NodeFills() : NodeBounds({.fills = 1}) {}
};

TEST_F(NodeFills, TheNextBeginsWhenTheOneBeforeHasReachedItsLevel) {
  order_as("e1", "A");
  order_as("e2", "B");
  ASSERT_THAT(loads_.all, SizeIs(1));
  EXPECT_THAT(report_of("e2").message, HasSubstr("1 fill runs on this node"));
  FakeLoads::tell(loads_.all[0], R"({"type":"reached","seconds":1})");
  turn();
  EXPECT_THAT(loads_.all, SizeIs(2));
}

TEST_F(NodeFills, OneThatStandsStillFillsNoMore) {
  order_as("e1", "A");
  order_as("e2", "B");
  for (const char* held : {"10", "20"}) {
    FakeLoads::tell(loads_.all[0],
                    R"({"type":"sample","memory":{"heldBytes":)" + std::string(held) + "}}");
    turn();
    EXPECT_THAT(loads_.all, SizeIs(1));
  }
  FakeLoads::tell(loads_.all[0], R"({"type":"sample","memory":{"heldBytes":20}})");
  turn();
  EXPECT_THAT(loads_.all, SizeIs(2));
}

}  // namespace
}  // namespace duress::agent
