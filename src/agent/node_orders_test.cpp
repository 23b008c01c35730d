#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/node_world_test.h"

namespace duress::agent {
namespace {

using testing::NodeTest;

class NodeOrders : public NodeTest {};

TEST_F(NodeOrders, WhatCannotBeReadDoesNotRunAndIsReported) {
  order("A");
  node_.unreadable("e1", 2, "spec.containers is no list");
  EXPECT_TRUE(loads_.all[0].told_to_stop);
  EXPECT_FALSE(node_.report("e1")->released) << "its load is still on";
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

}  // namespace
}  // namespace duress::agent
