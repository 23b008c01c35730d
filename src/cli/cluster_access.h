// How a command reaches the cluster: as the Pod that it runs in, or by the kubeconfig of whoever
// calls it. It connects to nothing. Reads the environment and files; any thread.
#pragma once

#include <string>

#include "base/error.h"
#include "kube/access.h"

namespace duress::cli {

// `kubeconfig` and `context` are what the flags gave; both empty: the Pod's account where there is
// one, else KUBECONFIG or ~/.kube/config.
[[nodiscard]] Result<kube::Access> cluster_access(const std::string& kubeconfig,
                                                  const std::string& context = "");

}  // namespace duress::cli
