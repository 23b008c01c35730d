#include "kubectl/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/wall_time.h"

namespace duress::kubectl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

kube::Json json(const char* text) { return kube::parse_json(text); }

WallTime now() { return *parse_time("2026-11-24T10:00:05Z"); }

Cluster a_good_one() {
  return {
      .version = json(R"({"major":"1","minor":"35","gitVersion":"v1.35.4"})"),
      .crds = std::vector{json(R"({"metadata":{"name":"stresschaos.chaos-mesh.org"}})"),
                          json(R"({"metadata":{"name":"nodestresses.duress.dev"}})")},
      .nodes =
          std::vector{json(R"({"metadata":{"name":"n1","labels":{"kubernetes.io/os":"linux"}}})")},
      .pods = std::vector{json(R"({"metadata":{"labels":{"app.kubernetes.io/component":"agent"}},
                         "spec":{"nodeName":"n1"},
                         "status":{"conditions":[{"type":"Ready","status":"True"}]}})")},
      .leases = std::vector{json(R"({"spec":{"holderIdentity":"c-1","leaseDurationSeconds":15,
                           "renewTime":"2026-11-24T10:00:00.000000Z"}})")},
      .node_stresses = std::vector<kube::Json>{},
      .experiments = std::vector<kube::Json>{},
      .webhooks = std::vector<kube::Json>{},
      .may_create = json(R"({"status":{"allowed":true}})")};
}

std::string all_of(const Cluster& cluster, Health health) {
  std::string out;
  for (const Finding& finding : diagnose(cluster, now()))
    if (finding.health == health) out += finding.what + "\n";
  return out;
}

TEST(ClusterDoctor, FindsNothingWhereAllIsWell) {
  EXPECT_EQ(all_of(a_good_one(), Health::kBad), "");
  EXPECT_EQ(all_of(a_good_one(), Health::kWarning), "");
  EXPECT_THAT(all_of(a_good_one(), Health::kGood), HasSubstr("controller c-1 leads"));
}

TEST(ClusterDoctor, NamesWhatIsMissing) {
  Cluster cluster = a_good_one();
  cluster.version = json(R"({"major":"1","minor":"31+","gitVersion":"v1.31.0"})");
  cluster.crds = std::vector<kube::Json>{};
  cluster.leases = std::vector{json(R"({"spec":{"holderIdentity":"c-1",
                       "renewTime":"2026-11-24T09:00:00Z"}})")};
  cluster.pods = std::vector<kube::Json>{};
  cluster.may_create = json(R"({"status":{"allowed":false}})");
  const std::string bad = all_of(cluster, Health::kBad);
  for (const char* word : {"v1.31.0 is too old", "stresschaos.chaos-mesh.org", "nodestresses",
                           "no controller leads", "no agent is ready on node n1"})
    EXPECT_THAT(bad, HasSubstr(word));
  EXPECT_THAT(all_of(cluster, Health::kWarning), HasSubstr("may not create"));
}

TEST(ClusterDoctor, KnowsThatAWindowsNodeHasNoAgent) {
  Cluster cluster = a_good_one();
  cluster.nodes =
      std::vector{json(R"({"metadata":{"name":"w1","labels":{"kubernetes.io/os":"windows"}}})")};
  EXPECT_EQ(all_of(cluster, Health::kBad), "");
  EXPECT_THAT(all_of(cluster, Health::kWarning), HasSubstr("w1 does not run Linux"));
}

TEST(ClusterDoctor, FindsLeftoversAndWebhooksInTheWay) {
  Cluster cluster = a_good_one();
  cluster.node_stresses = std::vector{json(R"({"metadata":{"name":"duress-1"},
      "spec":{"experiment":{"uid":"gone","namespace":"a","name":"b"}}})")};
  cluster.webhooks = std::vector{json(R"({"metadata":{"name":"chaos-mesh-validation"},"webhooks":[
      {"name":"v.kb.io","rules":[{"apiGroups":["chaos-mesh.org"],"resources":["stresschaos"]}]},
      {"name":"other","rules":[{"apiGroups":["apps"],"resources":["*"]}]}]})")};
  const std::string warnings = all_of(cluster, Health::kWarning);
  EXPECT_THAT(warnings, HasSubstr("duress-1 is left of experiment a/b"));
  EXPECT_THAT(warnings, HasSubstr("v.kb.io of chaos-mesh-validation"));
  EXPECT_THAT(warnings, Not(HasSubstr("other")));
}

TEST(ClusterDoctor, SaysWhyItCouldNotSee) {
  Cluster cluster = a_good_one();
  cluster.nodes = kube::refuse(kube::Reason::kForbidden, "you may not list nodes");
  EXPECT_THAT(all_of(cluster, Health::kWarning), HasSubstr("you may not list nodes"));
  cluster.version = kube::refuse(kube::Reason::kNoContact, "no connection");
  EXPECT_EQ(diagnose(cluster, now()).size(), 1U);
}

}  // namespace
}  // namespace duress::kubectl
