#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cluster.h"
#include "kube/leader.h"

namespace duress::testing {
namespace {

constexpr kube::ElectionTimes kQuick{.lease = std::chrono::seconds(3),
                                     .give_up = std::chrono::seconds(2),
                                     .retry = std::chrono::seconds(1)};

struct Candidate {
  Candidate(Cluster& cluster, const kube::Place& lease, const std::string& name)
      : leader(cluster.client(), lease, name, kQuick,
               {.on_leading = [this] { led += 1; }, .on_lost = [this] { lost += 1; }}) {}
  int led = 0;
  int lost = 0;
  kube::Leader leader;
};

class KubeLeader : public ::testing::Test {
 protected:
  ~KubeLeader() override { static_cast<void>(cluster_.remove(lease_)); }
  Cluster cluster_;
  Namespace space_{cluster_};
  kube::Place lease_{kube::leases(), space_.name(), "leader", ""};
};

TEST_F(KubeLeader, IsOneOfTwoAndTheOtherTakesOverFromTheDead) {
  auto first = std::make_unique<Candidate>(cluster_, lease_, "first");
  ASSERT_TRUE(cluster_.until([&] { return first->leader.leads(); }));
  Cluster elsewhere;
  const Candidate second(elsewhere, lease_, "second");
  ASSERT_TRUE(elsewhere.until([&] { return second.leader.holder() == "first"; }));
  EXPECT_FALSE(second.leader.leads());
  first.reset();  // without a word
  ASSERT_TRUE(elsewhere.until([&] { return second.leader.leads(); }));
  const auto lease = cluster_.get(lease_);
  EXPECT_EQ(kube::text_at(*lease, "/spec/holderIdentity"), "second");
  EXPECT_EQ(kube::number_at(*lease, "/spec/leaseTransitions"), 1);
}

TEST_F(KubeLeader, HandsOverAtOnceWhenItReleases) {
  Candidate first(cluster_, lease_, "first");
  ASSERT_TRUE(cluster_.until([&] { return first.leader.leads(); }));
  bool released = false;
  first.leader.release([&] { released = true; });
  EXPECT_FALSE(first.leader.leads());
  EXPECT_EQ(first.lost, 1);
  ASSERT_TRUE(cluster_.until([&] { return released; }));
  const Candidate second(cluster_, lease_, "second");
  ASSERT_TRUE(cluster_.until([&] { return second.leader.leads(); }, std::chrono::seconds(2)));
}

TEST_F(KubeLeader, StopsLeadingWhenItCannotRenewBeforeAnotherMayBegin) {
  const Candidate only(cluster_, lease_, "only");
  ASSERT_TRUE(cluster_.until([&] { return only.leader.leads(); }));
  api_server("kill");
  EXPECT_TRUE(cluster_.until([&] { return only.lost == 1; }, std::chrono::seconds(3)));
  api_server("start");
  EXPECT_TRUE(cluster_.until([&] { return only.leader.leads(); }));
}

}  // namespace
}  // namespace duress::testing
