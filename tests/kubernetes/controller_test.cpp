// The controller against a real API server: experiments become orders and are released, whatever
// happens to Pods, agents and the controller itself. Nodes, Pods and answers are written by hand.
#include "controller/controller.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "cluster.h"
#include "spec/crd.h"

namespace duress::testing {
namespace {

using controller::Controller;
using kube::Json;
using kube::Place;
using kube::text_at;
using std::chrono::seconds;
using ::testing::Contains;
using ::testing::HasSubstr;

Place order_place(const std::string& name = "", const std::string& subresource = "") {
  return {kube::node_stresses(), "", name, subresource};
}

class Controlled : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    Cluster cluster;
    for (const auto& crd : spec::all_crds()) {
      const Json object = Json::parse(crd.dump());
      const auto applied = cluster.patch(
          {kube::custom_resource_definitions(), "", text_at(object, "/metadata/name"), ""}, object,
          {.type = kube::PatchType::kApply, .manager = "duress-test"});
      ASSERT_TRUE(applied) << applied.error().message;
    }
    ASSERT_TRUE(cluster.until([&] {
      return cluster.get(order_place()) && cluster.get({kube::stress_chaos(), "", "", ""});
    }));
  }

  void SetUp() override {
    // Nobody else's Pods come here: it takes none, and is no node that runs Linux.
    const auto made =
        cluster.create({kube::nodes(), "", "", ""}, {{"apiVersion", "v1"},
                                                     {"kind", "Node"},
                                                     {"metadata", {{"name", node}}},
                                                     {"spec", {{"unschedulable", true}}}});
    ASSERT_TRUE(made) << made.error().message;
    start();
  }

  void TearDown() override {
    controllers.clear();
    for (const Json& one : experiments()) {
      const std::string name = text_at(one, "/metadata/name");
      (void)cluster.patch(experiment(name), {{"metadata", {{"finalizers", nullptr}}}});
      (void)cluster.remove(experiment(name));
    }
    for (const Json& one : orders())
      (void)cluster.remove(order_place(text_at(one, "/metadata/name")));
    for (const Json& one : cluster.objects(pod(""))) remove_pod(text_at(one, "/metadata/name"));
    (void)cluster.remove({kube::nodes(), "", node, ""});
  }

  Controller& start(const std::string& identity = "one") {
    controllers.push_back(std::make_unique<Controller>(
        cluster.client(),
        controller::ControllerOptions{
            .ns = space.name(),
            .identity = identity,
            .lease = {kube::leases(), space.name(), "duress-controller", ""},
            .election = {seconds(3), seconds(2), seconds(1)},
            .settings = {.release_timeout = seconds(2), .recordings_kept = seconds(1)},
            .tell = [this](const std::string& line) { told.push_back(line); }}));
    return *controllers.back();
  }

  Place experiment(const std::string& name = "mem") const {
    return {kube::stress_chaos(), space.name(), name, ""};
  }
  Place pod(const std::string& name, const std::string& subresource = "") const {
    return {kube::pods(), space.name(), name, subresource};
  }

  void make_pod(const std::string& name, const std::string& id = "c0") {
    const auto made = cluster.create(
        pod(""),
        {{"apiVersion", "v1"},
         {"kind", "Pod"},
         {"metadata", {{"name", name}, {"labels", {{"app", "web"}}}}},
         {"spec", {{"nodeName", node}, {"containers", {{{"name", "main"}, {"image", "none"}}}}}}});
    ASSERT_TRUE(made) << made.error().message;
    run_pod(name, id);
  }
  void run_pod(const std::string& name, const std::string& id) {
    const Json status{{"name", "main"},
                      {"ready", true},
                      {"restartCount", 0},
                      {"image", "none"},
                      {"imageID", ""},
                      {"containerID", "containerd://" + id},
                      {"state", {{"running", {{"startedAt", "2026-11-25T12:00:00Z"}}}}}};
    const auto patched = cluster.patch(
        pod(name, "status"), {{"status", {{"phase", "Running"}, {"containerStatuses", {status}}}}});
    EXPECT_TRUE(patched) << patched.error().message;
  }
  void remove_pod(const std::string& name) {
    (void)cluster.ask([&](auto& client, auto done) {
      return client.remove(pod(name), {{"gracePeriodSeconds", 0}}, std::move(done));
    });
  }

  void apply(const Json& spec = Json::object()) {
    Json object{{"apiVersion", "chaos-mesh.org/v1alpha1"},
                {"kind", "StressChaos"},
                {"metadata", {{"name", "mem"}, {"namespace", space.name()}}},
                {"spec",
                 {{"mode", "all"},
                  {"selector", {{"labelSelectors", {{"app", "web"}}}}},
                  {"stressors", {{"memory", {{"workers", 4}, {"size", "50MiB"}}}}},
                  {"duration", "1h"}}}};
    object["spec"].merge_patch(spec);
    const auto made = cluster.create(experiment(""), object);
    ASSERT_TRUE(made) << made.error().message;
  }

  std::vector<Json> experiments() { return cluster.objects(experiment("")); }
  std::vector<Json> orders() {
    std::vector<Json> out = cluster.objects(order_place());
    std::erase_if(out, [this](const Json& one) {
      return text_at(one, "/spec/experiment/namespace") != space.name();
    });
    return out;
  }
  // "a:c0 b:c0" of the orders that run.
  std::string stressed() {
    std::string out;
    for (const Json& order : orders()) {
      if (text_at(order, "/spec/desiredPhase") != "Run") continue;
      for (const Json& one : kube::list_at(order, "/spec/containers"))
        out += (out.empty() ? "" : " ") + text_at(one, "/pod") + ":" + text_at(one, "/containerID");
    }
    return out;
  }
  bool becomes_stressed(const std::string& what) {
    const bool done = cluster.until([&] { return stressed() == what; }, seconds(10));
    EXPECT_EQ(stressed(), what) << "the status is " << controller::status_json(status())
                                << ", told " << ::testing::PrintToString(told);
    return done;
  }

  // Every agent does as it is told.
  void answer() {
    for (const Json& order : orders()) {
      const bool run = text_at(order, "/spec/desiredPhase") == "Run";
      Json containers = Json::array();
      for (Json one : kube::list_at(order, "/spec/containers")) {
        if (!run) break;
        one.erase("podUID");
        one["phase"] = "Injected";
        one["since"] = format_time(clock.wall());
        one["times"] = 1;
        one["heldBytes"] = mib(50).value;
        containers.push_back(one);
      }
      const auto patched =
          cluster.patch(order_place(text_at(order, "/metadata/name"), "status"),
                        {{"status",
                          {{"observedGeneration", *kube::number_at(order, "/metadata/generation")},
                           {"released", !run},
                           {"containers", containers}}}});
      EXPECT_TRUE(patched) << patched.error().message;
    }
  }

  controller::Status status() {
    const auto got = cluster.get(experiment());
    const Json* status = got ? kube::find(*got, "/status") : nullptr;
    return status == nullptr ? controller::Status{} : controller::read_status(*status);
  }
  bool becomes(const std::string& condition) {
    const bool done =
        cluster.until([&] { return controller::is_true(status(), condition); }, seconds(10));
    EXPECT_TRUE(done) << condition << " does not come, the phase is " << status().phase;
    return done;
  }
  bool is_gone() {
    return cluster.until([&] { return experiments().empty(); }, seconds(10));
  }

  std::vector<std::string> event_reasons() {
    std::vector<std::string> out;
    for (const Json& event : cluster.objects({kube::events(), space.name(), "", ""}))
      if (text_at(event, "/involvedObject/kind") == "StressChaos")
        out.push_back(text_at(event, "/reason"));
    return out;
  }

  bool is_told(const std::string& reason) {
    return cluster.until([&] { return ::testing::Matches(Contains(reason))(event_reasons()); },
                         seconds(5));
  }

  void annotate(const std::string& name, const Json& value) {
    ASSERT_TRUE(cluster.patch(experiment(), {{"metadata", {{"annotations", {{name, value}}}}}}));
  }
  void pause(bool yes) {
    annotate("experiment.chaos-mesh.org/pause", yes ? Json("true") : Json(nullptr));
  }

  SystemClock clock;
  Cluster cluster;
  Namespace space{cluster};
  std::string node = "node-of-" + space.name();
  std::vector<std::string> told;
  std::vector<std::unique_ptr<Controller>> controllers;
};

TEST_F(Controlled, AnExperimentLivesAndEnds) {
  make_pod("a");
  make_pod("b");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0 b:c0"));
  ASSERT_TRUE(becomes("Selected"));
  EXPECT_EQ(text_at(*cluster.get(experiment()), "/metadata/finalizers/0"), "chaos-mesh/records");
  answer();
  ASSERT_TRUE(becomes("AllInjected"));
  EXPECT_EQ(status().phase, "Running");
  EXPECT_EQ(status().got, "50 MiB");

  ASSERT_TRUE(cluster.remove(experiment()));
  ASSERT_TRUE(cluster.until([&] { return stressed().empty(); }, seconds(5)));
  EXPECT_EQ(experiments().size(), 1U) << "it is not released yet";
  answer();
  EXPECT_TRUE(is_gone());
  EXPECT_TRUE(orders().empty());
  for (const char* reason :
       {"FinalizerInited", "Started", "Applied", "Deleted", "Recovered", "FinalizerRemoved"})
    EXPECT_TRUE(is_told(reason)) << reason;
}

TEST_F(Controlled, APauseReleasesAndAResumeInjectsAgain) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  answer();
  ASSERT_TRUE(becomes("AllInjected"));
  pause(true);
  ASSERT_TRUE(becomes_stressed(""));
  answer();
  ASSERT_TRUE(becomes("Paused"));
  ASSERT_TRUE(becomes("AllRecovered"));
  pause(false);
  ASSERT_TRUE(becomes_stressed("a:c0"));
  answer();
  ASSERT_TRUE(becomes("AllInjected"));
  EXPECT_EQ(status().records[0].injected_count, 2);
}

TEST_F(Controlled, AnEditReachesTheNodes) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  answer();
  ASSERT_TRUE(becomes("AllInjected"));
  ASSERT_TRUE(
      cluster.patch(experiment(), {{"spec", {{"stressors", {{"memory", {{"size", "60MiB"}}}}}}}}));
  ASSERT_TRUE(cluster.until(
      [&] { return text_at(orders().at(0), "/spec/stressors/memory/size") == "60MiB"; },
      seconds(5)));
  ASSERT_TRUE(cluster.until([&] { return status().generation == 2; }, seconds(5)));
  EXPECT_FALSE(controller::is_true(status(), "AllInjected")) << "its node has not taken it yet";
  answer();
  ASSERT_TRUE(becomes("AllInjected"));
}

TEST_F(Controlled, PodsThatComeGoAndRestartAreFollowed) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  make_pod("b", "c1");
  ASSERT_TRUE(becomes_stressed("a:c0 b:c1"));
  run_pod("a", "c2");
  ASSERT_TRUE(becomes_stressed("a:c2 b:c1"));
  remove_pod("a");
  ASSERT_TRUE(becomes_stressed("b:c1"));
  remove_pod("b");
  ASSERT_TRUE(becomes_stressed(""));
  answer();
  EXPECT_TRUE(cluster.until([&] { return orders().empty(); }, seconds(5)));
}

TEST_F(Controlled, TheDurationEnds) {
  make_pod("a");
  apply({{"duration", "3s"}});
  ASSERT_TRUE(becomes_stressed("a:c0"));
  answer();
  ASSERT_TRUE(cluster.until([&] { return stressed().empty(); }, seconds(6)));
  answer();
  ASSERT_TRUE(becomes("Completed"));
  EXPECT_EQ(status().phase, "Finished");
  EXPECT_TRUE(cluster.until([&] { return orders().empty(); }, seconds(5)));
  EXPECT_TRUE(is_told("TimeUp"));
}

TEST_F(Controlled, ADeletionGoesOnWithoutAnAgent) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0") && becomes("Selected"));  // with it comes the finalizer
  ASSERT_TRUE(cluster.remove(experiment()));
  EXPECT_TRUE(is_gone());
  EXPECT_TRUE(orders().empty() && is_told("ReleasedByDeadline"));
}

TEST_F(Controlled, AControllerThatIsKilledIsFollowedByOneThatGoesOn) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  answer();
  ASSERT_TRUE(becomes("AllInjected"));
  const std::string before = text_at(orders().at(0), "/metadata/uid");
  controllers.clear();  // without a word: its lease runs out
  make_pod("b", "c1");
  Controller& next = start("two");
  ASSERT_TRUE(cluster.until([&] { return next.leads(); }, seconds(10)));
  ASSERT_TRUE(becomes_stressed("a:c0 b:c1"));
  EXPECT_EQ(orders().size(), 1U);
  EXPECT_EQ(text_at(orders().at(0), "/metadata/uid"), before);
  EXPECT_EQ(status().records[0].injected_count, 1) << "nothing was injected anew";
  ASSERT_TRUE(cluster.remove(experiment()));
  ASSERT_TRUE(becomes_stressed(""));
  controllers.clear();
  answer();
  start("three");
  EXPECT_TRUE(is_gone());
  EXPECT_TRUE(orders().empty());
}

TEST_F(Controlled, OfSeveralOneActsAndAnotherTakesOverAtOnce) {
  Controller& first = *controllers.front();
  ASSERT_TRUE(cluster.until([&] { return first.leads(); }, seconds(10)));
  Controller& second = start("two");
  ASSERT_TRUE(cluster.until([&] { return second.is_synced(); }, seconds(10)));
  EXPECT_FALSE(second.leads());
  bool stopped = false;
  first.stop([&stopped] { stopped = true; });
  ASSERT_TRUE(cluster.until([&] { return stopped && second.leads(); }, seconds(10)));
  make_pod("a");
  apply();
  EXPECT_TRUE(becomes_stressed("a:c0"));
}

TEST_F(Controlled, OrdersOfAnExperimentThatWasTornAwayAreRemoved) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  ASSERT_TRUE(becomes("Selected"));
  ASSERT_TRUE(cluster.remove(experiment()));
  ASSERT_TRUE(cluster.patch(experiment(), {{"metadata", {{"finalizers", nullptr}}}}));
  EXPECT_TRUE(cluster.until([&] { return orders().empty(); }, seconds(5)));
}

TEST_F(Controlled, ForcedCleaningDoesNotWait) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  ASSERT_TRUE(becomes("Selected"));
  annotate("chaos-mesh.chaos-mesh.org/cleanFinalizer", "forced");
  ASSERT_TRUE(cluster.remove(experiment()));
  EXPECT_TRUE(cluster.until([&] { return experiments().empty() && orders().empty(); }, seconds(1)));
}

TEST_F(Controlled, WhatCannotBeDoneIsSaid) {
  apply({{"selector", {{"nodes", {"no-such-node"}}}}});
  ASSERT_TRUE(cluster.until([&] { return !status().phase.empty(); }, seconds(5)));
  EXPECT_EQ(status().phase, "Selecting");
  EXPECT_THAT(controller::condition_of(status(), "Selected")->message,
              HasSubstr("no node no-such-node"));
  EXPECT_TRUE(is_told("Failed"));
}

TEST_F(Controlled, AnOrderThatSomebodyRemovedIsGivenAgain) {
  make_pod("a");
  apply();
  ASSERT_TRUE(becomes_stressed("a:c0"));
  const std::string before = text_at(orders().at(0), "/metadata/uid");
  ASSERT_TRUE(cluster.remove(order_place(text_at(orders().at(0), "/metadata/name"))));
  EXPECT_TRUE(cluster.until(
      [&] {
        const auto now = orders();
        return now.size() == 1 && text_at(now[0], "/metadata/uid") != before;
      },
      seconds(5)));
}

}  // namespace
}  // namespace duress::testing
