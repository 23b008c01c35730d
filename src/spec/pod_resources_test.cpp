#include "spec/pod_resources.h"

#include <gtest/gtest.h>

namespace duress::spec {
namespace {

Container container(Amounts requests, Amounts limits, bool sidecar = false) {
  Container out;
  out.resources = {requests, limits};
  out.sidecar = sidecar;
  return out;
}

Pod pod(std::vector<Container> containers, std::vector<Container> init = {}) {
  Pod out;
  out.containers = std::move(containers);
  out.init_containers = std::move(init);
  return out;
}

constexpr Amounts kNone{};
const Amounts kSmall{mib(100), Cores{0.1}};
const Amounts kLarge{mib(500), Cores{0.5}};

TEST(PodQos, IsOfAllContainersTogether) {
  struct Case {
    const char* what;
    Pod given;
    QosClass expected;
  };
  const std::vector<Case> cases = {
      {"nothing is asked for", pod({container(kNone, kNone)}), QosClass::kBestEffort},
      {"zeros do not count", pod({container({Bytes{0}, Cores{0}}, {Bytes{0}, Cores{0}})}),
       QosClass::kBestEffort},
      {"requests = limits", pod({container(kSmall, kSmall)}), QosClass::kGuaranteed},
      {"two of them", pod({container(kSmall, kSmall), container(kLarge, kLarge)}),
       QosClass::kGuaranteed},
      {"as the article's", pod({container({mib(200), {}}, {mib(500), {}})}), QosClass::kBurstable},
      {"memory alone", pod({container({mib(200), {}}, {mib(200), {}})}), QosClass::kBurstable},
      {"requests alone", pod({container(kSmall, kNone)}), QosClass::kBurstable},
      {"limits over requests", pod({container(kSmall, kLarge)}), QosClass::kBurstable},
      {"a second without", pod({container(kSmall, kSmall), container(kNone, kNone)}),
       QosClass::kBurstable},
      {"an init container without", pod({container(kSmall, kSmall)}, {container(kNone, kNone)}),
       QosClass::kBurstable},
      {"an init container with", pod({container(kSmall, kSmall)}, {container(kLarge, kLarge)}),
       QosClass::kGuaranteed},
      // Kubernetes compares the sums, not each container by itself.
      {"requests that even out",
       pod({container({mib(100), Cores{0.2}}, {mib(200), Cores{0.2}}),
            container({mib(200), Cores{0.1}}, {mib(100), Cores{0.1}})}),
       QosClass::kGuaranteed},
      {"tenths that add up",
       pod({container({mib(1), Cores{0.1}}, {mib(1), Cores{0.3}}),
            container({mib(1), Cores{0.2}}, {mib(1), Cores{0.0}})}),
       QosClass::kBurstable},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(name_of(qos_of(c.given)), name_of(c.expected)) << c.what;
  }
}

TEST(PodLimits, AreTheSumWhereEachHasOne) {
  EXPECT_EQ(limits_of(pod({container(kNone, kSmall), container(kNone, kLarge)})).memory, mib(600));
  EXPECT_EQ(limits_of(pod({container(kNone, kSmall), container(kNone, kLarge)})).cpu, Cores{0.6});
  EXPECT_FALSE(limits_of(pod({container(kNone, kSmall), container(kNone, kNone)})).memory);
  EXPECT_FALSE(limits_of(pod({container(kNone, kNone)})).cpu);
  const Amounts mixed =
      limits_of(pod({container(kNone, {mib(10), {}}), container(kNone, {mib(20), Cores{1}})}));
  EXPECT_EQ(mixed.memory, mib(30));
  EXPECT_FALSE(mixed.cpu);
}

TEST(PodLimits, CountAnInitContainerWhereItIsTheLargest) {
  EXPECT_EQ(limits_of(pod({container(kNone, kSmall)}, {container(kNone, kLarge)})).memory,
            mib(500));
  EXPECT_EQ(limits_of(pod({container(kNone, kLarge)}, {container(kNone, kSmall)})).memory,
            mib(500));
  EXPECT_FALSE(limits_of(pod({container(kNone, kLarge)}, {container(kNone, kNone)})).memory);
}

TEST(PodLimits, AddTheSidecarsThatAreThereAlready) {
  const Container sidecar = container(kNone, kSmall, true);
  EXPECT_EQ(limits_of(pod({container(kNone, kLarge)}, {sidecar})).memory, mib(600));
  EXPECT_EQ(limits_of(pod({container(kNone, kSmall)}, {sidecar, container(kNone, kLarge)})).memory,
            mib(600))
      << "the init container runs beside the sidecar before it";
  EXPECT_EQ(limits_of(pod({container(kNone, kSmall)}, {container(kNone, kLarge), sidecar})).memory,
            mib(500))
      << "but not beside one after it";
}

TEST(PodRequests, TakeAMissingOneAsNothing) {
  const Amounts got = requests_of(pod({container(kSmall, kNone), container(kNone, kNone)}));
  EXPECT_EQ(got.memory, mib(100));
  EXPECT_EQ(got.cpu, Cores{0.1});
  EXPECT_FALSE(requests_of(pod({container(kNone, kLarge)})).memory);
}

}  // namespace
}  // namespace duress::spec
