// Asks what doctor.h decides on.
#include "kubectl/commands.h"
#include "kubectl/doctor.h"

namespace duress::kubectl {

namespace {

using kube::Json;

Json review_of(const std::string& ns) {
  return {{"apiVersion", "authorization.k8s.io/v1"},
          {"kind", "SelfSubjectAccessReview"},
          {"spec",
           {{"resourceAttributes",
             {{"namespace", ns},
              {"verb", "create"},
              {"group", "chaos-mesh.org"},
              {"resource", "stresschaos"}}}}}};
}

kube::Answer<std::vector<Json>> labelled_pods(Session& session) {
  auto answer = session.ask({.path = "/api/v1/pods",
                             .query = {{"labelSelector", "app.kubernetes.io/name=duress"}},
                             .what = "list the Pods of Duress"});
  if (!answer) return std::unexpected(answer.error());
  return kube::list_at(*answer, "/items").get<std::vector<Json>>();
}

kube::Answer<std::vector<Json>> leases(Session& session) {
  auto answer = session.ask({.path = "/apis/coordination.k8s.io/v1/leases",
                             .query = {{"fieldSelector", "metadata.name=duress-controller"}},
                             .what = "list the leases of the controller"});
  if (!answer) return std::unexpected(answer.error());
  return kube::list_at(*answer, "/items").get<std::vector<Json>>();
}

std::string_view word_of(Health health) {
  switch (health) {
    case Health::kGood:
      return "good";
    case Health::kWarning:
      return "warning";
    case Health::kBad:
      break;
  }
  return "bad";
}

}  // namespace

int doctor(Session& session, const Arguments& arguments, const Streams& streams) {
  const kube::Resource webhooks{"admissionregistration.k8s.io", "v1",
                                "validatingwebhookconfigurations", false};
  const Cluster cluster{
      .version = session.ask({.path = "/version", .what = "ask for the version"}),
      .crds = session.list({kube::custom_resource_definitions(), "", "", ""}),
      .nodes = session.list({kube::nodes(), "", "", ""}),
      .pods = labelled_pods(session),
      .leases = leases(session),
      .node_stresses = session.list({kube::node_stresses(), "", "", ""}),
      .experiments = session.list({kube::stress_chaos(), "", "", ""}),
      .webhooks = session.list({webhooks, "", "", ""}),
      .may_create = session.ask({.method = "POST",
                                 .path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews",
                                 .body = kube::to_text(review_of(session.ns())),
                                 .what = "ask for your rights"})};
  const std::vector<Finding> findings = diagnose(cluster, session.reactor().clock().wall());
  int code = 0;
  Json list = Json::array();
  for (const Finding& finding : findings) {
    if (finding.health == Health::kBad) code = 1;
    list.push_back({{"health", word_of(finding.health)}, {"what", finding.what}});
    if (arguments.json) continue;
    std::fprintf(streams.out, "%-7s  %s\n", std::string(word_of(finding.health)).c_str(),
                 finding.what.c_str());
  }
  if (arguments.json) std::fprintf(streams.out, "%s\n", list.dump(2).c_str());
  return code;
}

}  // namespace duress::kubectl
