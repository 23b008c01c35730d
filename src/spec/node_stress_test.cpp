#include "spec/node_stress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "spec/manifest_text.h"

namespace duress::spec {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

NodeOrder an_order() {
  NodeOrder out;
  out.node = "n1";
  out.experiment_ns = "shop";
  out.experiment = "memory";
  out.experiment_uid = "7c1e";
  out.created = WallTime(std::chrono::seconds(1'790'000'000));
  out.deadline = out.created + std::chrono::minutes(5);
  out.loads.memory.emplace();
  out.loads.memory->size = mib(50);
  out.loads.memory->size_given = true;
  out.loads.memory->workers = 4;
  out.loads.memory->oom_score_adj = 0;
  out.loads.memory->when_oom.policy = OomPolicy::kAvoid;
  out.containers = {{"shop", "web-1", "uid-1", "app", std::string(64, 'a')},
                    {"shop", "web-2", "uid-2", "app", ""}};
  return out;
}

TEST(NodeOrder, GoesThroughJsonUnchanged) {
  const NodeOrder order = an_order();
  const auto read = read_order(order_json(order));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(order_json(*read), order_json(order));
  EXPECT_EQ(read->deadline, order.deadline);
  EXPECT_EQ(read->created, order.created);
  EXPECT_EQ(read->containers, order.containers);
  EXPECT_EQ(manifest_text(read->loads, "a"), manifest_text(order.loads, "a"));
  EXPECT_EQ(read->loads.memory->oom_score_adj, 0);
  EXPECT_EQ(read->desired, Desired::kRun);
}

TEST(NodeOrder, CarriesTheTextForStressNg) {
  NodeOrder order = an_order();
  order.loads = {};
  order.loads.stressng = "--vm 1";
  const auto read = read_order(order_json(order));
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(read->loads.stressng, "--vm 1");
}

TEST(NodeOrder, IsRefusedWithoutWhatNamesIt) {
  for (const auto& [pointer, word] : std::vector<std::pair<std::string, std::string>>{
           {"/nodeName", "nodeName"},
           {"/experiment/uid", "experiment.uid"},
           {"/experiment/createdAt", "createdAt"},
           {"/containers", "containers"},
           {"/containers/0/pod", "without namespace, pod"}}) {
    auto json = order_json(an_order());
    json[nlohmann::json::json_pointer(pointer)] = 7;
    const auto read = read_order(json);
    ASSERT_FALSE(read) << pointer;
    EXPECT_THAT(read.error().message, HasSubstr(word));
  }
}

TEST(NodeOrder, IsRefusedWithAnEndThatCannotBeRead) {
  auto json = order_json(an_order());
  json["deadline"] = "tomorrow";
  EXPECT_FALSE(read_order(json));
}

TEST(NodeOrder, IsRefusedWithALoadThatIsNotAllowed) {
  auto json = order_json(an_order());
  json["stressors"]["memory"]["workers"] = "0";
  const auto read = read_order(json);
  ASSERT_FALSE(read);
  EXPECT_THAT(read.error().message, HasSubstr("workers"));
}

TEST(NodeOrder, PassesOverFieldsOfALaterVersion) {
  auto json = order_json(an_order());
  json["colour"] = "red";
  EXPECT_TRUE(read_order(json));
  EXPECT_FALSE(read_order(nlohmann::json()));
}

TEST(NodeReport, GoesThroughJsonUnchanged) {
  NodeReport report;
  report.observed_generation = 3;
  report.containers.push_back({.ns = "shop",
                               .pod = "web-1",
                               .container = "app",
                               .id = "abc",
                               .injection = Injection::kInjected,
                               .since = WallTime(std::chrono::seconds(1'790'000'000)),
                               .times = 2,
                               .asked = mib(50),
                               .held = mib(49),
                               .usage = mib(70),
                               .working_set = mib(69),
                               .limit = mib(500),
                               .cpu_asked = Cores{0.5},
                               .cpu_got = Cores{0.499},
                               .reached = true,
                               .kills = 1,
                               .oom_kills = 2,
                               .restarts = 3,
                               .event = "e",
                               .message = "m",
                               .forecast = "f",
                               .verdict = "v"});
  EXPECT_EQ(read_report(report_json(report)), report);
  report.stopped_for_all = true;
  report.problem = "spec.containers is no list";
  EXPECT_EQ(read_report(report_json(report)), report);
  EXPECT_EQ(read_report(nlohmann::json()), NodeReport());
}

TEST(NodeStress, IsNamedByExperimentAndNode) {
  const std::string name = node_stress_name("7c1e", "n1");
  EXPECT_THAT(name, StartsWith("duress-"));
  EXPECT_EQ(name.size(), 31U);
  EXPECT_NE(name, node_stress_name("7c1e", "n2"));
  EXPECT_NE(name, node_stress_name("7c1f", "n1"));
  const auto object = node_stress_object(an_order());
  EXPECT_EQ(object["metadata"]["name"], name);
  EXPECT_EQ(object["metadata"]["labels"]["duress.dev/experiment-uid"], "7c1e");
}

}  // namespace
}  // namespace duress::spec
