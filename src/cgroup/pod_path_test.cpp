#include "cgroup/pod_path.h"

#include <gtest/gtest.h>

namespace duress::cgroup {
namespace {

TEST(PodOf, ReadsTheCgroupfsDriversPaths) {
  const auto burstable = pod_of("/kubepods/burstable/pod6b1c-22/3f2a");
  ASSERT_TRUE(burstable);
  EXPECT_EQ(burstable->uid, "6b1c-22");
  EXPECT_EQ(burstable->qos, QosClass::kBurstable);
  EXPECT_EQ(pod_of("/kubepods/besteffort/pod1/c")->qos, QosClass::kBestEffort);
  EXPECT_EQ(pod_of("/kubepods/pod1/c")->qos, QosClass::kGuaranteed);
}

TEST(PodOf, ReadsTheSystemdDriversPaths) {
  const auto pod = pod_of(
      "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod6b1c_22.slice/"
      "cri-containerd-3f2a.scope");
  ASSERT_TRUE(pod);
  EXPECT_EQ(pod->uid, "6b1c-22");
  EXPECT_EQ(pod->qos, QosClass::kBestEffort);
  EXPECT_EQ(pod_of("/kubepods.slice/kubepods-pod9_1.slice/x.scope")->qos, QosClass::kGuaranteed);
  EXPECT_EQ(pod_of("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod9.slice")->qos,
            QosClass::kBurstable);
}

TEST(PodOf, ReadsATreeBelowAnother) {
  EXPECT_EQ(pod_of("/docker/ab/kubelet/kubepods/burstable/pod7/c")->uid, "7");
}

TEST(PodOf, IsUnsetForWhatIsNoPods) {
  EXPECT_FALSE(pod_of("/docker/3f2a"));
  EXPECT_FALSE(pod_of("/kubepods/burstable"));
  EXPECT_FALSE(pod_of("/podman/pod1"));
  EXPECT_FALSE(pod_of(""));
}

}  // namespace
}  // namespace duress::cgroup
