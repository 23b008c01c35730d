// What a kubelet asks an application over HTTP, and where a redirect leads: URLs and the request's
// text. It sends nothing. pkg/probe/http/request.go. Pure; any thread.
#pragma once

#include <optional>
#include <string>

#include "spec/probe.h"

namespace duress::rehearse {

inline constexpr const char* kUserAgent = "kube-probe/1.35";

struct Url {
  bool https = false;
  std::string host{};
  int port = 0;
  bool port_given = true;
  std::string path = "/";  // with the query

  [[nodiscard]] std::string text() const;       // "http://10.88.0.2:8080/healthz?full=1"
  [[nodiscard]] std::string authority() const;  // "10.88.0.2:8080"
};

[[nodiscard]] Url url_of(const spec::HttpGet& get, const std::string& pod_ip);
[[nodiscard]] std::string request_of(const spec::HttpGet& get, const Url& url);
// Where a Location header leads from there; unset: it makes no sense.
[[nodiscard]] std::optional<Url> resolved(const Url& from, const std::string& location);

}  // namespace duress::rehearse
