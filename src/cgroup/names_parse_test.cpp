#include "cgroup/names_parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::cgroup {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

const std::string kId = "3f2a91" + std::string(58, '0');

TEST(NamesOfDocker, NameWithoutItsSlash) {
  const ContainerName name = parse_docker(R"({"Name":"/web","Config":{"Labels":{"a":"b"}}})");
  EXPECT_EQ(name.container, "web");
  EXPECT_EQ(name.pod, "");
  EXPECT_EQ(name.runtime, "docker");
}

TEST(NamesOfDocker, KubernetesLabelsAreBetterThanTheName) {
  const ContainerName name = parse_docker(
      R"({"Name":"/k8s_app_web-1_shop_5d_0","Config":{"Labels":{
          "io.kubernetes.container.name":"app","io.kubernetes.pod.name":"web-1",
          "io.kubernetes.pod.namespace":"shop"}}})");
  EXPECT_EQ(name.container, "app");
  EXPECT_EQ(name.pod, "web-1");
  EXPECT_EQ(name.name_space, "shop");
}

TEST(NamesOfDocker, KubernetesNameTellsWhereLabelsAreMissing) {
  const ContainerName name = parse_docker(R"({"Name":"/k8s_POD_web-1_shop_5d_0"})");
  EXPECT_EQ(name.container, "pause");
  EXPECT_TRUE(name.is_sandbox);
  EXPECT_EQ(name.pod, "web-1");
}

TEST(NamesOfBundles, AnnotationsOfContainerdsKubernetesPlugin) {
  const ContainerName name = parse_bundle(
      R"({"annotations":{"io.kubernetes.cri.container-type":"container",
          "io.kubernetes.cri.container-name":"app","io.kubernetes.cri.sandbox-name":"web-1",
          "io.kubernetes.cri.sandbox-namespace":"shop"}})");
  EXPECT_EQ(name.container, "app");
  EXPECT_EQ(name.pod, "web-1");
  EXPECT_EQ(name.name_space, "shop");
  EXPECT_FALSE(name.is_sandbox);
}

TEST(NamesOfBundles, SandboxIsCalledPause) {
  const ContainerName name = parse_bundle(
      R"({"annotations":{"io.kubernetes.cri.container-type":"sandbox",
          "io.kubernetes.cri.sandbox-name":"web-1","io.kubernetes.cri.sandbox-namespace":"shop"}})");
  EXPECT_EQ(name.container, "pause");
  EXPECT_TRUE(name.is_sandbox);
  EXPECT_EQ(name.pod, "web-1");
}

TEST(NamesOfBundles, AnnotationsOfCriO) {
  const ContainerName name = parse_bundle(
      R"({"annotations":{"io.kubernetes.cri-o.ContainerType":"container",
          "io.kubernetes.container.name":"app","io.kubernetes.pod.name":"web-1",
          "io.kubernetes.pod.namespace":"shop"}})");
  EXPECT_EQ(name.container, "app");
  EXPECT_EQ(name.pod, "web-1");
  EXPECT_EQ(name.runtime, "cri-o");
}

TEST(NamesOfBundles, NerdctlNames) {
  EXPECT_EQ(parse_bundle(R"({"annotations":{"nerdctl/name":"web"}})").container, "web");
}

TEST(NamesOfStorages, FirstNameOfEachContainer) {
  EXPECT_THAT(parse_storage(R"([{"id":"a","names":["web","x"]},{"id":"b"},{"names":["c"]},7])"),
              ElementsAre(Pair("a", "web")));
}

TEST(NamesOfRehearse, ByContainerID) {
  const std::string text = R"({")" + kId + R"(":{"container":"app","pod":"web","namespace":"n"}})";
  EXPECT_EQ(parse_rehearse(text, kId).container, "app");
  EXPECT_EQ(parse_rehearse(text, kId).pod, "web");
  EXPECT_EQ(parse_rehearse(text, kId).name_space, "n");
  EXPECT_TRUE(parse_rehearse(text, "other").empty());
}

TEST(NamesOfTheKubelet, LogNameTellsAll) {
  const auto found = parse_log_name("web-1_shop_app-" + kId + ".log");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->first, kId);
  EXPECT_EQ(found->second.container, "app");
  EXPECT_EQ(found->second.pod, "web-1");
  EXPECT_EQ(found->second.name_space, "shop");
  EXPECT_FALSE(parse_log_name("web-1_shop_app-3f2a.log"));
  EXPECT_FALSE(parse_log_name("shop_app-" + kId + ".log"));
  EXPECT_FALSE(parse_log_name(kId + ".log"));
  EXPECT_FALSE(parse_log_name(""));
}

TEST(Names, CorruptFilesNameNothing) {
  for (const char* text :
       {"", "{", "[]", "7", "null", R"({"Name":7,"Config":[]})", R"({"annotations":"x"})",
        R"({"annotations":{"io.kubernetes.cri.container-name":{}}})", "[[[[[[[", "\xff\xfe"}) {
    EXPECT_TRUE(parse_docker(text).empty()) << text;
    EXPECT_TRUE(parse_bundle(text).empty()) << text;
    EXPECT_TRUE(parse_rehearse(text, kId).empty()) << text;
    EXPECT_THAT(parse_storage(text), IsEmpty()) << text;
  }
}

TEST(Names, LongerThanAnyRuntimeAllowsAreCut) {
  EXPECT_EQ(parse_docker(R"({"Name":"/)" + std::string(5000, 'x') + R"("})").container.size(),
            252U);
}

}  // namespace
}  // namespace duress::cgroup
