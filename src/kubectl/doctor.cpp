#include "kubectl/doctor.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/wall_time.h"

namespace duress::kubectl {

namespace {

using kube::Json;
using kube::text_at;

class Diagnosis {
 public:
  explicit Diagnosis(WallTime now) : now_(now) {}

  void version(const kube::Answer<Json>& answer) {
    if (!answer) return bad("the API server: " + answer.error().message);
    const std::string minor = text_at(*answer, "/minor");
    int number = 0;
    std::from_chars(minor.data(), minor.data() + minor.size(), number);
    const std::string named = "Kubernetes " + text_at(*answer, "/gitVersion");
    if (text_at(*answer, "/major") != "1" || number >= kLeastMinor) return good(named);
    bad(named + " is too old: 1." + std::to_string(kLeastMinor) +
        " or later has what keeps an agent to its own node");
  }

  void custom_resources(const kube::Answer<std::vector<Json>>& crds) {
    if (!crds) return warn("the custom resources: " + crds.error().message);
    for (const char* name : {"stresschaos.chaos-mesh.org", "nodestresses.duress.dev"}) {
      const auto found = std::ranges::find_if(
          *crds, [&](const Json& crd) { return text_at(crd, "/metadata/name") == name; });
      if (found == crds->end()) {
        bad(std::string("there is no custom resource ") + name +
            ": install the chart, or run duress crds | kubectl apply --server-side -f -");
      } else {
        good(std::string("custom resource ") + name);
      }
    }
  }

  void controller(const kube::Answer<std::vector<Json>>& leases) {
    if (!leases) return warn("the controller's lease: " + leases.error().message);
    for (const Json& lease : *leases) {
      const std::string holder = text_at(lease, "/spec/holderIdentity");
      const auto renewed = parse_time(text_at(lease, "/spec/renewTime"));
      const std::int64_t lasts = kube::number_at(lease, "/spec/leaseDurationSeconds").value_or(15);
      if (!holder.empty() && renewed && now_ - *renewed < std::chrono::seconds(2 * lasts))
        return good("controller " + holder + " leads");
    }
    bad("no controller leads: see kubectl get pods -A -l app.kubernetes.io/name=duress");
  }

  void agents(const kube::Answer<std::vector<Json>>& nodes,
              const kube::Answer<std::vector<Json>>& pods) {
    if (!nodes) return warn("the nodes: " + nodes.error().message);
    if (!pods) return warn("the agents: " + pods.error().message);
    std::set<std::string> with_agent;
    for (const Json& pod : *pods) {
      if (text_at(pod, "/metadata/labels/app.kubernetes.io~1component") == "agent" && is_ready(pod))
        with_agent.insert(text_at(pod, "/spec/nodeName"));
    }
    std::size_t fit = 0;
    for (const Json& node : *nodes) {
      const std::string name = text_at(node, "/metadata/name");
      if (with_agent.contains(name)) {
        ++fit;
      } else if (text_at(node, "/metadata/labels/kubernetes.io~1os") != "linux") {
        warn("node " + name + " does not run Linux: nothing can be stressed there");
      } else {
        bad("no agent is ready on node " + name +
            ": see kubectl get pods -A -o wide -l app.kubernetes.io/component=agent");
      }
    }
    if (fit > 0) good("an agent is ready on " + std::to_string(fit) + " nodes");
  }

  void leftovers(const kube::Answer<std::vector<Json>>& node_stresses,
                 const kube::Answer<std::vector<Json>>& experiments) {
    if (!node_stresses || !experiments) return;
    std::set<std::string> uids;
    for (const Json& experiment : *experiments) uids.insert(text_at(experiment, "/metadata/uid"));
    for (const Json& one : *node_stresses) {
      if (uids.contains(text_at(one, "/spec/experiment/uid"))) continue;
      warn("NodeStress " + text_at(one, "/metadata/name") + " is left of experiment " +
           text_at(one, "/spec/experiment/namespace") + "/" +
           text_at(one, "/spec/experiment/name") +
           ": the controller removes it at its next sweep, within an hour");
    }
  }

  // One that refuses everything while its server is away, and is for our resources.
  void webhooks(const kube::Answer<std::vector<Json>>& configurations) {
    if (!configurations) return;
    for (const Json& configuration : *configurations) {
      for (const Json& webhook : kube::list_at(configuration, "/webhooks")) {
        if (!is_ours(webhook)) continue;
        warn("the webhook " + text_at(webhook, "/name") + " of " +
             text_at(configuration, "/metadata/name") +
             " looks at StressChaos too: if its server is gone, nothing can be created; remove the "
             "configuration if Chaos Mesh is no longer installed");
      }
    }
  }

  void rights(const kube::Answer<Json>& review) {
    if (!review) return;
    if (kube::is_true_at(*review, "/status/allowed"))
      return good("you may create experiments here");
    warn(
        "you may not create experiments in this namespace: ask for the right to create "
        "stresschaos.chaos-mesh.org");
  }

  [[nodiscard]] std::vector<Finding> take() { return std::move(findings_); }

 private:
  void good(std::string what) { findings_.push_back({Health::kGood, std::move(what)}); }
  void warn(std::string what) { findings_.push_back({Health::kWarning, std::move(what)}); }
  void bad(std::string what) { findings_.push_back({Health::kBad, std::move(what)}); }

  static bool is_ready(const Json& pod) {
    return std::ranges::any_of(kube::list_at(pod, "/status/conditions"), [](const Json& condition) {
      return text_at(condition, "/type") == "Ready" && text_at(condition, "/status") == "True";
    });
  }

  static bool is_ours(const Json& webhook) {
    return std::ranges::any_of(kube::list_at(webhook, "/rules"), [](const Json& rule) {
      const auto has = [&](const char* list, const char* name) {
        return std::ranges::any_of(kube::list_at(rule, list),
                                   [&](const Json& one) { return one == name || one == "*"; });
      };
      return has("/apiGroups", "chaos-mesh.org") && has("/resources", "stresschaos");
    });
  }

  WallTime now_;
  std::vector<Finding> findings_;
};

}  // namespace

std::vector<Finding> diagnose(const Cluster& cluster, WallTime now) {
  Diagnosis out(now);
  out.version(cluster.version);
  if (!cluster.version) return out.take();
  out.custom_resources(cluster.crds);
  out.controller(cluster.leases);
  out.agents(cluster.nodes, cluster.pods);
  out.rights(cluster.may_create);
  out.leftovers(cluster.node_stresses, cluster.experiments);
  out.webhooks(cluster.webhooks);
  return out.take();
}

}  // namespace duress::kubectl
