#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/node_world_test.h"

namespace duress::agent {
namespace {

using testing::FakeLoads;
using testing::NodeTest;
using testing::order_of;

class NodeOrders : public NodeTest {};

// Another agent, behind the one of the test.
class NextAgent final : public NodeTest {
 public:
  void TestBody() override {}
  using NodeTest::loads_;
  using NodeTest::node_;
};

TEST_F(NodeOrders, WhatCannotBeReadDoesNotRunAndIsReported) {
  order("A");
  node_.unreadable("e1", 2, "spec.containers is no list");
  EXPECT_TRUE(loads_.all[0].told_to_stop);
  EXPECT_FALSE(node_.report("e1").value().released) << "its load is still on";
  FakeLoads::end(loads_.all[0], "signal");
  turn();
  const spec::NodeReport told = node_.report("e1").value();
  EXPECT_EQ(told.observed_generation, 2);
  EXPECT_TRUE(told.released);
  EXPECT_EQ(told.problem, "spec.containers is no list");
  order("A", 3);
  EXPECT_THAT(loads_.all, ::testing::SizeIs(2)) << "it can be read again";
  node_.unreadable("e1", 4, "no");
  node_.gone("e1");
  EXPECT_FALSE(node_.report("e1"));
}

TEST_F(NodeOrders, AStopAllIsReportedAndOutlivesTheAgent) {
  spec::NodeOrder wanted = order_of("e1", "A");
  wanted.created = time_.wall();
  node_.ordered(wanted, 1, {});
  FakeLoads::tell(loads_.all[0], R"({"type":"started"})");
  turn();
  EXPECT_FALSE(node_.report("e1").value().stopped_for_all);
  node_.stop_all(wanted.created);
  EXPECT_TRUE(loads_.all[0].told_to_stop);
  FakeLoads::end(loads_.all[0], "signal");
  turn();
  const spec::NodeReport told = node_.report("e1").value();
  EXPECT_TRUE(told.stopped_for_all);
  EXPECT_TRUE(told.released);

  // The next agent knows of no StopAll.
  NextAgent next;
  next.node_.ordered(wanted, 1, told);
  EXPECT_THAT(next.loads_.all, ::testing::IsEmpty());
  EXPECT_TRUE(next.node_.report("e1").value().stopped_for_all);
  EXPECT_TRUE(next.node_.report("e1").value().released);
  next.node_.ordered(wanted, 2, {});
  EXPECT_THAT(next.loads_.all, ::testing::IsEmpty()) << "for good";
  spec::NodeOrder newer = order_of("e2", "B");
  newer.created = wanted.created + std::chrono::seconds(1);
  next.node_.ordered(newer, 1, {});
  EXPECT_THAT(next.loads_.all, ::testing::SizeIs(1));
}

}  // namespace
}  // namespace duress::agent
