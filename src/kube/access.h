// How to reach an API server and as whom, as a value: what a kubeconfig or a Pod's service account
// says, with every file that does not change read in. It opens no connection. Plain values; any
// thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "base/error.h"
#include "kube/url.h"

namespace duress::kube {

// PEM texts, not file names.
struct TlsSettings {
  std::string authorities{};  // empty: those of the system
  std::string certificate{};  // of the client; with `key`, or neither
  std::string key{};
  std::string server_name{};  // empty: the host of the URL
  bool verify = true;
};

// A program that hands out credentials (client.authentication.k8s.io).
struct ExecPlugin {
  std::string command{};
  std::vector<std::string> arguments{};
  std::vector<std::pair<std::string, std::string>> environment{};
  std::string api_version{};  // "client.authentication.k8s.io/v1"
  std::string install_hint{};
  bool provide_cluster_info = false;
  bool may_ask = true;  // interactiveMode is not Never: it may use the terminal
};

struct Login {
  std::string token{};
  std::string
      token_file{};    // wins over `token`; read again, as service accounts' tokens are renewed
  std::string user{};  // with `password`: basic authentication, which proxies still use
  std::string password{};
  ExecPlugin exec{};  // with an empty command: none
  // Impersonation: what the user asks to be.
  std::string as{};
  std::vector<std::string> as_groups{};
};

struct Access {
  Url server{};
  TlsSettings tls{};
  Login login{};
  std::string ns = "default";
  std::string named{};  // for messages: "context kind of /root/.kube/config", "this Pod"
};

// What a Pod is given: KUBERNETES_SERVICE_HOST and _PORT of `environment`, and the directory
// /var/run/secrets/kubernetes.io/serviceaccount.
[[nodiscard]] Result<Access> access_in_cluster(
    const std::map<std::string, std::string>& environment, const std::string& account_directory);

}  // namespace duress::kube
