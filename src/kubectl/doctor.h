// Whether a cluster is fit for Duress, and what is in the way: decided from what its API server
// answered. It asks nothing and changes nothing. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/clock.h"
#include "kube/answer.h"
#include "kube/json.h"

namespace duress::kubectl {

struct Cluster {
  kube::Answer<kube::Json> version;            // /version
  kube::Answer<std::vector<kube::Json>> crds;  // of both groups
  kube::Answer<std::vector<kube::Json>> nodes;
  kube::Answer<std::vector<kube::Json>> pods;    // those of Duress, by their labels
  kube::Answer<std::vector<kube::Json>> leases;  // those named duress-controller
  kube::Answer<std::vector<kube::Json>> node_stresses;
  kube::Answer<std::vector<kube::Json>> experiments;
  kube::Answer<std::vector<kube::Json>> webhooks;  // ValidatingWebhookConfigurations
  kube::Answer<kube::Json> may_create;             // a SelfSubjectAccessReview's answer
};

enum class Health { kGood, kWarning, kBad };

struct Finding {
  Health health = Health::kGood;
  std::string what{};
};

inline constexpr int kLeastMinor = 32;  // of Kubernetes 1: selectable fields, node names in tokens

[[nodiscard]] std::vector<Finding> diagnose(const Cluster& cluster, WallTime now);

}  // namespace duress::kubectl
