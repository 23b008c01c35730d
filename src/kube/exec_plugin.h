// Credentials from a program that the kubeconfig names (client.authentication.k8s.io/v1): what it
// is told, what its answer means, and running it. It blocks until the program ends, up to a minute,
// so it is for command lines; a daemon in a cluster has a token file. No state; one thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "kube/access.h"
#include "kube/answer.h"

namespace duress::kube {

struct ExecCredential {
  std::string token{};
  std::string certificate{};  // PEM, with `key`
  std::string key{};
  std::optional<WallTime> expires{};
};

// The value of KUBERNETES_EXEC_INFO.
[[nodiscard]] std::string exec_info(const Access& access);

[[nodiscard]] Result<ExecCredential> parse_exec_credential(std::string_view text,
                                                           const ExecPlugin& plugin);

[[nodiscard]] Answer<ExecCredential> run_exec_plugin(const Access& access, Duration most);

}  // namespace duress::kube
