// A node with the fakes around it, for the tests of this folder.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "agent/fakes_test.h"
#include "agent/node.h"

namespace duress::agent::testing {

inline spec::NodeOrder order_of(const std::string& experiment, const std::string& id,
                                Bytes size = mib(50)) {
  spec::NodeOrder out;
  out.node = "n";
  out.experiment = experiment;
  out.experiment_uid = experiment;
  out.loads.memory.emplace();
  out.loads.memory->size = size;
  out.loads.memory->size_given = true;
  out.containers = {{.ns = "shop", .pod = "web", .pod_uid = "u", .container = "app", .id = id}};
  return out;
}

class NodeTest : public ::testing::Test {
 protected:
  explicit NodeTest(const Bounds& bounds = {})
      : reactor_(kube::Reactor::make(time_).value()),
        node_({.reactor = *reactor_,
               .loads = loads_,
               .containers = containers_,
               .links = nullptr,
               .clock = server_,
               .on_report = [](const std::string&) {},
               .say = [](const std::string&) {},
               .record = false,
               .bounds = bounds}) {}

  void order(const std::string& id, std::int64_t generation = 1, Bytes size = mib(50)) {
    node_.ordered(order_of("e1", id, size), generation, {});
  }
  void turn(Duration time = Duration(0)) {
    time_.pass(time);
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(reactor_->turn(Duration(0)));
  }
  spec::ContainerReport report() {
    const auto all = node_.report("e1");
    return all && !all->containers.empty() ? all->containers[0] : spec::ContainerReport();
  }

  FakeClock time_;
  std::unique_ptr<kube::Reactor> reactor_;
  FakeLoads loads_;
  FakeContainers containers_;
  kube::ServerClock server_;
  Node node_;
};

}  // namespace duress::agent::testing
