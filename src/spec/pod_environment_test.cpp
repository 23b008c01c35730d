#include "spec/pod_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::spec {
namespace {

using testing::ElementsAre;
using testing::Pair;

Container with(std::vector<EnvironmentVariable> environment,
               std::vector<std::string> command = {}) {
  Container container;
  container.environment = std::move(environment);
  container.command = std::move(command);
  return container;
}

std::string only(const Pod& pod, const Container& container, const PodFacts& facts = {}) {
  const StartValues got = start_values(pod, container, facts);
  EXPECT_EQ(got.environment.size(), 1U);
  return got.environment.empty() ? "" : got.environment[0].second;
}

TEST(PodEnvironment, ExpandsTheVariablesBefore) {
  const auto got = start_values(
      {},
      with({{"A", "1"}, {"B", "$(A)2"}, {"C", "$(D)"}, {"D", "4"}, {"A", "9"}, {"E", "$(A)"}},
           {"run", "$(B)", "--x=$(D)$(A)", "$(NONE)"}),
      {});
  EXPECT_THAT(got.environment, ElementsAre(Pair("B", "12"), Pair("C", "$(D)"), Pair("D", "4"),
                                           Pair("A", "9"), Pair("E", "9")));
  EXPECT_THAT(got.command, ElementsAre("run", "12", "--x=49", "$(NONE)"));
}

TEST(PodEnvironment, LeavesWhatIsNoReference) {
  struct Case {
    std::string text;
    std::string expected;
  };
  for (const Case& c : std::vector<Case>{{"$$(A)", "$(A)"},
                                         {"$$$(A)", "$1"},
                                         {"$$", "$"},
                                         {"$", "$"},
                                         {"a$", "a$"},
                                         {"$(A", "$(A"},
                                         {"$A", "$A"},
                                         {"$()", "$()"},
                                         {"$(A)$(A)", "11"},
                                         {"$(A$(A)", "$(A$(A)"},
                                         {"", ""}}) {
    const auto got = start_values({}, with({{"A", "1"}}, {c.text}), {});
    EXPECT_THAT(got.command, ElementsAre(c.expected)) << c.text;
  }
}

TEST(PodEnvironment, FillsInTheFieldsOfThePod) {
  Pod pod;
  pod.name = "web-0";
  pod.ns = "shop";
  pod.labels = {{"app", "web"}};
  pod.annotations = {{"a/b", "c"}};
  PodFacts facts;
  facts.uid = "u";
  facts.pod_ip = "10.0.0.5";
  facts.node_name = "here";
  facts.host_ip = "10.0.0.1";
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"metadata.name", "web-0"},      {"metadata.namespace", "shop"},
      {"metadata.uid", "u"},           {"metadata.labels['app']", "web"},
      {"metadata.labels['none']", ""}, {"metadata.annotations['a/b']", "c"},
      {"spec.nodeName", "here"},       {"spec.serviceAccountName", "default"},
      {"status.podIP", "10.0.0.5"},    {"status.podIPs", "10.0.0.5"},
      {"status.hostIP", "10.0.0.1"},   {"status.hostIPs", "10.0.0.1"}};
  for (const auto& [path, expected] : cases) {
    EXPECT_TRUE(is_field(path)) << path;
    EXPECT_EQ(only(pod, with({{"X", FieldReference{path}}}), facts), expected) << path;
  }
  for (const char* path : {"", "metadata", "metadata.labels", "metadata.labels['']",
                           "metadata.labels['", "status.phase", "metadata.labels[a]"}) {
    EXPECT_FALSE(is_field(path)) << path;
  }
}

TEST(PodEnvironment, FillsInResourcesRoundedUp) {
  Pod pod;
  Container container;
  container.name = "app";
  container.resources.limits = {mib(500), Cores{1.5}};
  container.resources.requests = {mib(200) + Bytes{1}, Cores{0.25}};
  pod.containers = {container};
  PodFacts facts;
  facts.node_memory = gib(4);
  facts.node_cpu = Cores{2};
  const auto value = [&](const std::string& name, const std::string& what, std::int64_t divisor) {
    return only(pod, with({{"X", ResourceReference{name, what, divisor}}}), facts);
  };
  EXPECT_EQ(value("app", "limits.memory", 1000), "524288000");
  EXPECT_EQ(value("app", "limits.memory", mib(1).value * 1000), "500");
  EXPECT_EQ(value("app", "requests.memory", mib(1).value * 1000), "201");
  EXPECT_EQ(value("app", "limits.cpu", 1000), "2");
  EXPECT_EQ(value("app", "limits.cpu", 1), "1500");
  EXPECT_EQ(value("app", "requests.cpu", 1), "250");
  EXPECT_EQ(value("app", "requests.cpu", 1000), "1");
  EXPECT_EQ(value("", "limits.memory", 1000), "4294967296") << "the node's, without a limit";
  EXPECT_EQ(value("", "limits.cpu", 1000), "2");
  EXPECT_EQ(value("", "requests.memory", 1000), "0");
}

}  // namespace
}  // namespace duress::spec
