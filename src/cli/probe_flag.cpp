#include "cli/probe_flag.h"

#include <optional>
#include <string>

#include "base/text.h"
#include "cli/shell_words.h"

namespace duress::cli {

namespace {

constexpr std::string_view kAllowed =
    "http://:PORT/PATH, https://:PORT/PATH, tcp://:PORT, grpc://:PORT/SERVICE or exec:COMMAND";

Failure refused(std::string_view text, std::string_view allowed = kAllowed) {
  return fail(Code::kUsage, quoted(text) + " is not allowed: " + std::string(allowed));
}

struct Address {
  int port = 0;
  std::string path{};  // with its slash; empty where there is none
};

// ":8080/x", "localhost:8080/x": the Pod is meant, whatever it is called.
std::optional<Address> address_of(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string_view authority = text.substr(0, slash);
  const std::size_t colon = authority.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::string_view host = authority.substr(0, colon);
  if (!host.empty() && host != "localhost" && host != "127.0.0.1") return std::nullopt;
  const auto port = parse_integer(authority.substr(colon + 1));
  if (!port || *port < 1 || *port > 65535) return std::nullopt;
  Address out{static_cast<int>(*port), {}};
  if (slash != std::string_view::npos) out.path = text.substr(slash);
  for (const char c : out.path) {
    if (static_cast<unsigned char>(c) <= 0x20) return std::nullopt;
  }
  return out;
}

}  // namespace

Result<spec::Probe> parse_probe_flag(std::string_view text) {
  spec::Probe probe;
  if (text.starts_with("exec:")) {
    auto words = shell_words(text.substr(5));
    if (!words) return std::unexpected(words.error());
    probe.how = spec::Exec{std::move(*words)};
    return probe;
  }
  const std::size_t mark = text.find("://");
  if (mark == std::string_view::npos) return refused(text);
  const std::string_view scheme = text.substr(0, mark);
  const auto address = address_of(text.substr(mark + 3));
  if (!address) return refused(text);
  if (scheme == "http" || scheme == "https") {
    spec::HttpGet get;
    get.port = address->port;
    get.https = scheme == "https";
    if (!address->path.empty()) get.path = address->path;
    probe.how = std::move(get);
  } else if (scheme == "tcp" && (address->path.empty() || address->path == "/")) {
    probe.how = spec::TcpSocket{"", address->port};
  } else if (scheme == "grpc") {
    probe.how = spec::Grpc{address->port, address->path.empty() ? "" : address->path.substr(1)};
  } else {
    return refused(text);
  }
  return probe;
}

}  // namespace duress::cli
