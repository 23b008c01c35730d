#include "kube/access.h"

#include "base/text.h"
#include "os/file.h"

namespace duress::kube {

Result<Access> access_in_cluster(const std::map<std::string, std::string>& environment,
                                 const std::string& account_directory) {
  const auto value = [&environment](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  };
  const std::string host = value("KUBERNETES_SERVICE_HOST");
  const std::string port = value("KUBERNETES_SERVICE_PORT");
  if (host.empty() || port.empty())
    return fail(Code::kNotFound,
                "this is no Pod (KUBERNETES_SERVICE_HOST is not set): name a cluster with "
                "--kubeconfig FILE or KUBECONFIG");
  const std::string bracketed = host.contains(':') ? "[" + host + "]" : host;
  auto server = parse_url("https://" + bracketed + ":" + port);
  if (!server) return std::unexpected(server.error().context("KUBERNETES_SERVICE_HOST"));

  Access access;
  access.server = *server;
  access.named = "this Pod's service account";
  const auto authorities = os::read_file(account_directory + "/ca.crt");
  if (!authorities)
    return std::unexpected(authorities.error().context(
        "the Pod's service account (automountServiceAccountToken must not be false)"));
  access.tls.authorities = *authorities;
  access.login.token_file = account_directory + "/token";
  if (const auto ns = os::read_file(account_directory + "/namespace"); ns) access.ns = trim(*ns);
  return access;
}

}  // namespace duress::kube
