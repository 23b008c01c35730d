// Where a server is, and text that may stand in a URL. Only http and https, no user, no query and
// no fragment: what a kubeconfig's `server` may say. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace duress::kube {

struct Url {
  bool tls = true;
  std::string host{};  // without the brackets of an IPv6 address
  std::uint16_t port = 443;
  std::string path{};  // "" or "/prefix", without a "/" at its end

  friend bool operator==(const Url&, const Url&) = default;
};

[[nodiscard]] Result<Url> parse_url(std::string_view text);

// "10.0.0.1:6443", "[::1]:6443": as the Host header wants it, and messages too.
[[nodiscard]] std::string host_and_port(const Url& url);

// Everything but letters, digits and "-._~" becomes %XX.
[[nodiscard]] std::string percent_encoded(std::string_view text);

using Query = std::vector<std::pair<std::string, std::string>>;

// "" or "?a=b&c=d".
[[nodiscard]] std::string query_text(const Query& query);

}  // namespace duress::kube
