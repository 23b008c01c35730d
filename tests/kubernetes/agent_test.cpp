// `duress agent` against a real API server, on real cgroups: what it makes of NodeStress objects
// that are written by hand, and what is left when it is killed or loses the server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>

#include "agent/reporter.h"
#include "cluster.h"
#include "forwarder.h"
#include "spec/node_stress.h"
#include "world.h"

namespace duress::testing {
namespace {

using kube::Json;
using kube::Place;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::int64_t kSize = 50 * kMiB;

// The kind, where nobody has installed the real one.
void make_kind(Cluster& cluster) {
  const Json schema = {
      {"type", "object"},
      {"properties",
       {{"spec",
         {{"type", "object"},
          {"x-kubernetes-preserve-unknown-fields", true},
          {"properties", {{"nodeName", {{"type", "string"}}}}}}},
        {"status", {{"type", "object"}, {"x-kubernetes-preserve-unknown-fields", true}}}}}};
  const Json version = {{"name", "v1alpha1"},
                        {"served", true},
                        {"storage", true},
                        {"subresources", {{"status", Json::object()}}},
                        {"schema", {{"openAPIV3Schema", schema}}},
                        {"selectableFields", {{{"jsonPath", ".spec.nodeName"}}}}};
  (void)cluster.create({kube::custom_resource_definitions(), "", "", ""},
                       {{"apiVersion", "apiextensions.k8s.io/v1"},
                        {"kind", "CustomResourceDefinition"},
                        {"metadata", {{"name", "nodestresses.duress.dev"}}},
                        {"spec",
                         {{"group", "duress.dev"},
                          {"scope", "Cluster"},
                          {"names",
                           {{"plural", "nodestresses"},
                            {"singular", "nodestress"},
                            {"kind", "NodeStress"},
                            {"listKind", "NodeStressList"}}},
                          {"versions", {version}}}}});
  EXPECT_TRUE(
      wait_until([&] { return cluster.get({kube::node_stresses(), "", "", ""}).has_value(); }));
}

class AgentTest : public ::testing::Test {
 protected:
  AgentTest() {
    make_kind(cluster_);
    if (is_v2()) pod_.pass_controllers_on();
    container_.emplace(pod_, id_);
    container_->limit_memory(300 * kMiB);
    app_.emplace(*container_, std::vector<std::string>{"--hold", "5M"});
    EXPECT_TRUE(wait_until([&] { return container_->usage() > 5 * kMiB; }));
    before_ = container_->usage();
    order_.node = unique_ + "-node";
    order_.experiment_ns = "shop";
    order_.experiment = "memory";
    order_.experiment_uid = unique_;
    order_.created = SystemClock().wall();
    order_.loads.memory.emplace();
    order_.loads.memory->size = Bytes{kSize};
    order_.loads.memory->size_given = true;
    order_.containers = {{"shop", "web", "uid", "app", id_}};
  }
  ~AgentTest() override {
    (void)cluster_.remove(place());
    if (agent_) agent_->signal(SIGTERM);
    if (agent_) (void)agent_->wait();
    std::filesystem::remove_all(run_);
  }

  [[nodiscard]] Place place(const std::string& subresource = "") const {
    return {kube::node_stresses(), "", spec::node_stress_name(order_.experiment_uid, order_.node),
            subresource};
  }
  void start_agent(const std::vector<std::string>& more = {}) {
    std::vector<std::string> words = {
        Duress::program(), "agent",     "--node",          order_.node,
        "--kubeconfig",    kubeconfig_, "--run-directory", run_};
    words.insert(words.end(), more.begin(), more.end());
    agent_.emplace(words, nullptr);
  }
  void give_order() {
    const auto made =
        cluster_.create({kube::node_stresses(), "", "", ""}, spec::node_stress_object(order_));
    ASSERT_TRUE(made) << made.error().message;
  }
  void change_order() {
    const auto changed = cluster_.patch(place(), {{"spec", spec::order_json(order_)}});
    ASSERT_TRUE(changed) << changed.error().message;
  }
  spec::NodeReport report() {
    const auto object = cluster_.get(place());
    return object && object->contains("status") ? spec::read_report((*object)["status"])
                                                : spec::NodeReport();
  }
  // Within two seconds, as is promised; longer where the machine is slow.
  bool is_reported(const std::function<bool(const spec::NodeReport&)>& holds) {
    return wait_until([&] { return holds(report()); }, patience(seconds(4)));
  }
  bool is_injected() {
    return is_reported([](const spec::NodeReport& report) {
      return !report.containers.empty() &&
             report.containers[0].injection == spec::Injection::kInjected;
    });
  }
  [[nodiscard]] bool is_loaded(std::int64_t size = kSize) const {
    const std::int64_t more = container_->usage() - before_;
    return more >= size - counter_batch() && more <= size + kMiB + counter_batch();
  }
  [[nodiscard]] bool is_free() const {
    return workers_in(*container_).empty() &&
           container_->usage() < before_ + kMiB + counter_batch();
  }

  std::string unique_ = "duress-it-" + std::to_string(::getpid()) + "-" +
                        std::to_string(SystemClock().now().time_since_epoch().count());
  std::string id_ = std::string(64, 'e');
  std::string run_ = std::filesystem::temp_directory_path() / unique_;
  std::string kubeconfig_ = cluster_directory() + "/admin.conf";
  Cluster cluster_;
  Cgroup pod_;
  std::optional<Cgroup> container_;
  std::optional<App> app_;
  std::int64_t before_ = 0;
  spec::NodeOrder order_;
  std::optional<Process> agent_;
};

TEST_F(AgentTest, InjectsWhatIsOrderedAndReleasesItWhenTheObjectIsGone) {
  start_agent();
  give_order();
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  EXPECT_TRUE(is_injected());
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) {
    const spec::ContainerReport& one = report.containers.at(0);
    return report.observed_generation == 1 && one.reached && one.held == Bytes{kSize} &&
           one.limit == mib(300);
  }));
  ASSERT_TRUE(cluster_.remove(place()));
  EXPECT_TRUE(wait_until([&] { return is_free(); }));
}

TEST_F(AgentTest, FollowsAnEditAndSaysThatItHasStopped) {
  start_agent();
  give_order();
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  order_.loads.memory->size = mib(80);
  change_order();
  EXPECT_TRUE(wait_until([&] { return is_loaded(80 * kMiB); }));
  order_.desired = spec::Desired::kStop;
  change_order();
  EXPECT_TRUE(wait_until([&] { return is_free(); }));
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) {
    return report.released && report.observed_generation == 3 &&
           report.containers.at(0).injection == spec::Injection::kNotInjected &&
           !report.containers.at(0).verdict.empty();
  }));
}

TEST_F(AgentTest, SaysWhatItCannotReadAndRunsNothingOfIt) {
  start_agent();
  give_order();
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  ASSERT_TRUE(cluster_.patch(place(), {{"spec", {{"deadline", "soon"}}}}));
  EXPECT_TRUE(wait_until([&] { return is_free(); }));
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) {
    return report.observed_generation == 2 && report.released &&
           report.problem == "spec.deadline is no RFC 3339 time";
  }));
  ASSERT_TRUE(cluster_.patch(place(), {{"spec", {{"deadline", nullptr}}}}));
  EXPECT_TRUE(wait_until([&] { return is_loaded(); }));
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) { return report.problem.empty(); }));
}

TEST_F(AgentTest, EndsAtTheDeadline) {
  start_agent();
  order_.deadline = SystemClock().wall() + seconds(4);
  give_order();
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  EXPECT_TRUE(wait_until([&] { return is_free(); }));
  EXPECT_GE(SystemClock().wall(), *order_.deadline - seconds(1));
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) { return report.released; }));
}

TEST_F(AgentTest, LeavesNothingWhenItIsKilledAndTheNextOneBeginsAgain) {
  start_agent();
  give_order();
  for (int round = 1; round <= 3; ++round) {
    ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
    ASSERT_TRUE(is_reported([&](const spec::NodeReport& report) {
      return !report.containers.empty() && report.containers[0].times == round;
    }));
    agent_->signal(SIGKILL);
    ASSERT_TRUE(agent_->wait());
    ASSERT_TRUE(wait_until([&] { return is_free(); }));
    start_agent();
  }
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  EXPECT_EQ(workers_in(*container_).size(), 1U);
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) {
    return report.containers.at(0).times == 4 && report.containers.at(0).restarts == 0;
  }));
}

TEST_F(AgentTest, ReleasesAndSaysSoWhenItIsEnded) {
  start_agent();
  give_order();
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  ASSERT_TRUE(is_injected());
  agent_->signal(SIGTERM);
  EXPECT_EQ(agent_->wait(), 0);
  EXPECT_TRUE(is_free());
  const spec::NodeReport last = report();
  EXPECT_TRUE(last.released);
  EXPECT_THAT(last.containers.at(0).message, ::testing::HasSubstr("was ended"));
}

TEST_F(AgentTest, ReleasesWithoutTheServerAndBeginsAgainWhenItIsBack) {
  const kube::Access access = access_of("admin");
  Forwarder way(access.server.host, access.server.port);
  kubeconfig_ = run_ + ".conf";
  write_file(kubeconfig_,
             way.kubeconfig(file_text(cluster_directory() + "/admin.conf"), access.server.host));
  start_agent({"--disconnected-for", "3s"});
  give_order();
  ASSERT_TRUE(wait_until([&] { return is_loaded(); })) << agent_->errors();
  ASSERT_FALSE(wait_until([&] { return is_free(); }, seconds(4))) << "though the server is heard";
  way.close();
  ASSERT_TRUE(wait_until([&] { return is_free(); }));
  way.open();
  EXPECT_TRUE(wait_until([&] { return is_loaded(); }));
  EXPECT_TRUE(is_reported([](const spec::NodeReport& report) {
    return report.containers.at(0).times == 2 &&
           report.containers.at(0).event.find("was not heard") != std::string::npos;
  }));
  // What was taken away meanwhile does not come back.
  way.close();
  ASSERT_TRUE(wait_until([&] { return is_free(); }));
  ASSERT_TRUE(cluster_.remove(place()));
  way.open();
  EXPECT_FALSE(wait_until([&] { return !is_free(); }, seconds(4)));
  std::filesystem::remove(kubeconfig_);
}

}  // namespace
}  // namespace duress::testing
