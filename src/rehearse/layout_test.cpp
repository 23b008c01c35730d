#include "rehearse/layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::rehearse {
namespace {

spec::Container container(spec::Amounts requests, spec::Amounts limits) {
  spec::Container out;
  out.name = "c";
  out.resources = {requests, limits};
  return out;
}

spec::Pod pod_with(spec::Container one) {
  spec::Pod out;
  out.containers.push_back(std::move(one));
  return out;
}

TEST(Shares, AreTheKubelets) {
  EXPECT_EQ(shares_of(std::nullopt), 2);
  EXPECT_EQ(shares_of(Cores{0}), 2);
  EXPECT_EQ(shares_of(Cores{0.001}), 2);
  EXPECT_EQ(shares_of(Cores{0.1}), 102);
  EXPECT_EQ(shares_of(Cores{0.25}), 256);
  EXPECT_EQ(shares_of(Cores{0.5}), 512);
  EXPECT_EQ(shares_of(Cores{2}), 2048);
  EXPECT_EQ(shares_of(Cores{1000}), 262'144);
}

TEST(Quota, IsOfAPeriodOf100Milliseconds) {
  EXPECT_EQ(quota_of(std::nullopt), std::nullopt);
  EXPECT_EQ(quota_of(Cores{0.5}), 50'000);
  EXPECT_EQ(quota_of(Cores{1.5}), 150'000);
  EXPECT_EQ(quota_of(Cores{0.001}), 1000);
}

// The least, the default and the most are exact; 100m shows as 17 on a node.
TEST(Weight, IsThatOfACurrentRuntime) {
  EXPECT_EQ(weight_of(2), 1);
  EXPECT_EQ(weight_of(3), 2);
  EXPECT_EQ(weight_of(102), 17);
  EXPECT_EQ(weight_of(512), 59);
  EXPECT_EQ(weight_of(1024), 100);
  EXPECT_EQ(weight_of(131'072), 5478);
  EXPECT_EQ(weight_of(262'144), 10'000);
}

TEST(Paths, AreThoseOfTheCgroupfsDriver) {
  EXPECT_EQ(path_of(QosClass::kGuaranteed, "u-1"), "/kubepods/podu-1");
  EXPECT_EQ(path_of(QosClass::kBurstable, "u-1"), "/kubepods/burstable/podu-1");
  EXPECT_EQ(path_of(QosClass::kBestEffort, "u-1"), "/kubepods/besteffort/podu-1");
}

TEST(PodSetting, HasALimitWhereEveryContainerHasOne) {
  spec::Pod pod = pod_with(container({mib(100), Cores{0.5}}, {mib(500), Cores{0.5}}));
  EXPECT_EQ(setting_of(pod).memory, mib(500));
  EXPECT_EQ(setting_of(pod).cpu_shares, 512);
  EXPECT_EQ(setting_of(pod).cpu_quota_us, 50'000);
  EXPECT_TRUE(setting_of(pod).inner);
  pod.containers.push_back(container({mib(100), std::nullopt}, {}));
  EXPECT_EQ(setting_of(pod).memory, std::nullopt);
  EXPECT_EQ(setting_of(pod).cpu_quota_us, std::nullopt);
}

TEST(PodSetting, OfBestEffortIsTheLeast) {
  const Setting setting = setting_of(pod_with(container({}, {})));
  EXPECT_EQ(setting.cpu_shares, 2);
  EXPECT_EQ(setting.memory, std::nullopt);
}

TEST(ContainerSetting, TakesTheLimitWhereNoCpuIsRequested) {
  const Setting setting = setting_of(container({}, {mib(64), Cores{1}}), true);
  EXPECT_EQ(setting.cpu_shares, 1024);
  EXPECT_EQ(setting.cpu_quota_us, 100'000);
  EXPECT_EQ(setting.memory, mib(64));
  EXPECT_TRUE(setting.oom_group);
  EXPECT_FALSE(setting.swap);
  EXPECT_FALSE(setting.inner);
}

TEST(Groups, ShareTheCpuByWhatBurstablePodsRequest) {
  std::vector<spec::Pod> pods;
  pods.push_back(pod_with(container({mib(1), Cores{0.5}}, {})));
  pods.push_back(pod_with(container({mib(1), Cores{0.25}}, {})));
  pods.push_back(pod_with(container({mib(1), Cores{1}}, {mib(1), Cores{1}})));  // Guaranteed
  const std::vector<Group> groups = groups_of(pods, Cores{2});
  ASSERT_EQ(groups.size(), 3U);
  EXPECT_EQ(groups[0].path, "/kubepods");
  EXPECT_EQ(groups[0].setting.cpu_shares, 2048);
  EXPECT_EQ(groups[1].path, "/kubepods/burstable");
  EXPECT_EQ(groups[1].setting.cpu_shares, 768);
  EXPECT_EQ(groups[2].setting.cpu_shares, 2);
}

TEST(OomScore, IsByTheContainersOwnRequest) {
  spec::Pod pod = pod_with(container({mib(120), std::nullopt}, {}));
  pod.containers.push_back(container({gib(5), std::nullopt}, {}));
  EXPECT_EQ(oom_score_adj_of(pod, pod.containers[0], gib(10)), 989);
  EXPECT_EQ(oom_score_adj_of(pod, pod.containers[1], gib(10)), 500);
}

TEST(OomScore, OfASidecarIsNoHigherThanOfWhomItServes) {
  spec::Pod pod = pod_with(container({gib(5), std::nullopt}, {}));
  pod.init_containers.push_back(container({mib(1), std::nullopt}, {}));
  pod.init_containers[0].sidecar = true;
  EXPECT_EQ(oom_score_adj_of(pod, pod.init_containers[0], gib(10)), 500);
}

TEST(OomScore, StaysAtWhatTheMachineLets) {
  EXPECT_EQ(reachable_score(-997, 0), 0);
  EXPECT_EQ(reachable_score(-997, -1000), -997);
  EXPECT_EQ(reachable_score(988, 0), 988);
}

}  // namespace
}  // namespace duress::rehearse
