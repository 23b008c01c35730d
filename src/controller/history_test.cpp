// What always holds, whatever happens: random histories of Pods, nodes, reports, edits, pauses,
// crashes of the controller and deletions, looked at after every step.
#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

#include "controller/decide.h"
#include "controller/world_test.h"

namespace duress::controller {
namespace {

using testing::World;

class History final {
 public:
  explicit History(unsigned seed) : dice_(seed), world_(testing::inventory_of({}, nodes())) {
    for (int i = 0; i < 6; ++i) come();
    world_.view.manifest.selection.mode = mode();
    world_.view.manifest.selection.value = 1 + pick(3);
  }

  void run(int steps) {
    for (int i = 0; i < steps && !done_; ++i) {
      happen();
      look();
    }
    // However it went: once it is deleted, it ends.
    world_.view.deleting = true;
    for (int i = 0; i < 4 && !done_; ++i) {
      look();
      world_.now += std::chrono::seconds(80);
    }
    EXPECT_TRUE(done_) << "a deletion hangs";
  }

 private:
  static std::vector<std::string> nodes() { return {"n1", "n2", "n3"}; }
  int pick(int count) { return std::uniform_int_distribution(0, count - 1)(dice_); }
  spec::PickMode mode() {
    constexpr spec::PickMode kModes[] = {spec::PickMode::kAll, spec::PickMode::kOne,
                                         spec::PickMode::kFixed, spec::PickMode::kFixedPercent};
    return kModes[pick(4)];
  }
  std::string some_pod() {
    if (world_.inventory.pods.empty()) return "";
    return std::next(world_.inventory.pods.begin(),
                     pick(static_cast<int>(world_.inventory.pods.size())))
        ->first;
  }

  void come() {
    const std::string number = std::to_string(++made_);
    testing::put(world_.inventory, {.name = "p" + std::to_string(pick(12)),
                                    .node = nodes()[static_cast<std::size_t>(pick(3))],
                                    .uid = "uid" + number,
                                    .id = "c" + number});
  }

  void pods_happen() {
    const std::string pod = some_pod();
    switch (pick(4)) {
      case 0:
        return come();
      case 1:
        world_.inventory.pods.erase(pod);
        return;
      case 2:
        if (!pod.empty()) world_.inventory.pods.at(pod).terminating = true;
        return;
      default:
        if (!pod.empty())
          world_.inventory.pods.at(pod).containers[0].id = "c" + std::to_string(++made_);
    }
  }

  void node_happens() {
    const std::string node = nodes()[static_cast<std::size_t>(pick(3))];
    if (pick(4) == 0)
      world_.inventory.nodes.erase(node);
    else
      world_.inventory.nodes.try_emplace(node);
  }

  void happen() {
    world_.now += std::chrono::seconds(pick(4));
    switch (pick(10)) {
      case 0:
      case 1:
      case 2:
        return pods_happen();
      case 3:
        return node_happens();
      case 4:
        world_.view.manifest.paused = pick(2) == 0;
        return;
      case 5:
        world_.view.generation += 1;
        world_.view.manifest.selection.mode = mode();
        world_.view.manifest.selection.value = 1 + pick(5);
        world_.view.manifest.stressors.memory->size = mib(10 + pick(90));
        return;
      case 6:
        world_.view.problem = pick(3) == 0 ? "wrong" : "";
        return;
      case 7:  // the controller is killed: only what is in the objects is left
        world_.view.status = read_status(status_json(world_.view.status));
        return;
      default:
        world_.answer(nodes()[static_cast<std::size_t>(pick(3))]);
    }
  }

  void look() {
    const bool was_deleting = world_.view.deleting;
    const OrderBook before = world_.book;
    const Decision decision = world_.look();
    check_orders();
    check_removed(before, decision);
    check_status(decision.status);
    const bool may_run = !was_deleting && world_.view.problem.empty() &&
                         !world_.view.manifest.paused && *world_.view.deadline() > world_.now;
    if (!may_run) {
      EXPECT_EQ(world_.stressed(), "") << "stress without a will";
    }
    if (decision.finalizer == Decision::Finalizer::kRemove) {
      EXPECT_TRUE(before.empty()) << "orders outlive the finalizer";
      done_ = true;
    }
  }

  void check_orders() {
    std::map<std::string, std::string> nodes_of;
    std::set<std::string> pods;
    for (const auto& [name, view] : world_.book) {
      EXPECT_EQ(name, spec::node_stress_name("e1", view.order.node));
      EXPECT_LE(view.order.containers.size(), spec::kMostContainersOfANode);
      if (view.order.desired != spec::Desired::kRun) continue;
      for (const spec::ContainerOrder& container : view.order.containers) {
        const std::string key = container.ns + "/" + container.pod;
        EXPECT_TRUE(nodes_of.emplace(key, view.order.node).second) << key << " twice";
        const auto pod = world_.inventory.pods.find(key);
        ASSERT_NE(pod, world_.inventory.pods.end()) << key << " is stressed and gone";
        EXPECT_EQ(pod->second.candidate.node, view.order.node);
        if (!pod->second.terminating) pods.insert(key);
      }
    }
    const spec::Selection& selection = world_.view.manifest.selection;
    if (selection.mode == spec::PickMode::kOne) {
      EXPECT_LE(pods.size(), 1U);
    }
    if (selection.mode == spec::PickMode::kFixed) {
      EXPECT_LE(pods.size(), static_cast<std::size_t>(selection.value));
    }
  }

  // An order goes only released, with its node, or after the time-out.
  void check_removed(const OrderBook& before, const Decision& decision) const {
    for (const OrderAction& action : decision.orders) {
      if (action.what != OrderAction::What::kDelete) continue;
      const OrderView& view = before.at(action.name);
      const bool timed_out = view.stopped && world_.now - *view.stopped >= std::chrono::seconds(75);
      EXPECT_TRUE(has_released(view) || timed_out ||
                  !world_.inventory.nodes.contains(view.order.node))
          << view.order.node;
    }
  }

  void check_status(const Status& status) {
    EXPECT_LE(kube::to_text(status_json(status)).size(), 100'000U);
    std::int64_t injected = 0;
    for (const Record& record : status.records) {
      injected += record.injected ? 1 : 0;
      EXPECT_LE(record.events.size(), kMostRecordEvents);
      EXPECT_LE(record.recovered_count, record.injected_count);
    }
    EXPECT_EQ(injected, status.injected);
    EXPECT_EQ(is_true(status, "AllRecovered"), injected == 0);
    if (is_true(status, "AllInjected")) {
      EXPECT_EQ(status.phase, "Running");
    }
    EXPECT_EQ(is_true(status, "Completed"), status.phase == "Finished");
  }

  std::mt19937 dice_;
  World world_;
  int made_ = 0;
  bool done_ = false;
};

TEST(History, WhateverHappensNothingIsLeftAndNothingIsTwice) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    History(seed).run(60);
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace duress::controller
