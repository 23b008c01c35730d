// A probe of a container as its manifest asks for it, with Kubernetes' defaults filled in. It asks
// nobody; who runs the Pod does. Plain values; any thread.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace duress::spec {

struct HttpGet {
  std::string host{};  // "" is the Pod
  int port = 0;
  std::string path = "/";
  bool https = false;  // the certificate is not looked at, as a kubelet does not
  std::vector<std::pair<std::string, std::string>> headers{};
};
struct TcpSocket {
  std::string host{};
  int port = 0;
};
struct Exec {
  std::vector<std::string> command{};
};
struct Grpc {
  int port = 0;
  std::string service{};
};

// Defaults as of k8s.io/api/core/v1, Probe.
struct Probe {
  std::variant<HttpGet, TcpSocket, Exec, Grpc> how = TcpSocket{};
  std::chrono::seconds initial_delay{0};
  std::chrono::seconds period{10};
  std::chrono::seconds timeout{1};
  int success_threshold = 1;  // of liveness and startup always 1
  int failure_threshold = 3;
  // terminationGracePeriodSeconds of its own; never of readiness.
  std::optional<std::chrono::seconds> grace{};
};

}  // namespace duress::spec
