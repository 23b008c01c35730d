#include "cli/cluster_access.h"

#include <unistd.h>

#include <cstdlib>

#include "kube/kubeconfig.h"

namespace duress::cli {

namespace {

constexpr const char* kAccount = "/var/run/secrets/kubernetes.io/serviceaccount";

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

Result<kube::Access> cluster_access(const std::string& kubeconfig, const std::string& context) {
  const std::string host = variable("KUBERNETES_SERVICE_HOST");
  const bool in_pod =
      !host.empty() && ::access((std::string(kAccount) + "/token").c_str(), R_OK) == 0;
  if (kubeconfig.empty() && context.empty() && in_pod) {
    return kube::access_in_cluster(
        {{"KUBERNETES_SERVICE_HOST", host},
         {"KUBERNETES_SERVICE_PORT", variable("KUBERNETES_SERVICE_PORT")}},
        kAccount);
  }
  const auto config = kube::load_kubeconfig(
      {.given = kubeconfig, .variable = variable("KUBECONFIG"), .home = variable("HOME")});
  if (!config) return Failure(config.error());
  return config->access(context);
}

}  // namespace duress::cli
