#include "kube/url.h"

#include <algorithm>

#include "base/text.h"

namespace duress::kube {

namespace {

constexpr int kMostPort = 65535;

Failure no_url(std::string_view text, std::string_view why) {
  return fail(Code::kUsage, quoted(text) + " is no address of a server: " + std::string(why) +
                                "; allowed is https://HOST[:PORT][/PATH]");
}

bool may_be_in_host(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
         c == '.' || c == '_' || c == ':' || c == '%';
}

}  // namespace

Result<Url> parse_url(std::string_view text) {
  const std::string_view whole = text;
  Url url;
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else if (text.contains("://")) {
    return no_url(whole, "only http and https are known");
  }
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view authority = text.substr(0, slash);
  std::string_view path = text.substr(slash);
  if (authority.contains('@')) return no_url(whole, "a user does not belong into it");
  if (path.find_first_of("?#\r\n ") != std::string_view::npos)
    return no_url(whole, "a query, a fragment or a space does not belong into it");
  while (path.ends_with('/')) path.remove_suffix(1);
  url.path = path;

  std::string_view port;
  if (authority.starts_with('[')) {
    const std::size_t end = authority.find(']');
    if (end == std::string_view::npos) return no_url(whole, "a ] is missing");
    url.host = authority.substr(1, end - 1);
    port = authority.substr(end + 1);
    if (!port.empty() && !port.starts_with(':')) return no_url(whole, "a : must follow the ]");
  } else {
    const std::size_t colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    port = authority.substr(colon);
  }
  if (url.host.empty()) return no_url(whole, "the host is missing");
  if (!std::ranges::all_of(url.host, may_be_in_host))
    return no_url(whole, quoted(url.host) + " is no name of a host");
  if (port.empty()) return url;
  const auto number = parse_integer(port.substr(1));
  if (!number || *number < 1 || *number > kMostPort)
    return no_url(whole, "the port must be 1 to 65535");
  url.port = static_cast<std::uint16_t>(*number);
  return url;
}

std::string host_and_port(const Url& url) {
  const std::string host = url.host.contains(':') ? "[" + url.host + "]" : url.host;
  return host + ":" + std::to_string(url.port);
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    if (plain) {
      encoded += c;
      continue;
    }
    const auto byte = static_cast<unsigned char>(c);
    encoded += '%';
    encoded += digits[byte >> 4U];
    encoded += digits[byte & 0xfU];
  }
  return encoded;
}

std::string query_text(const Query& query) {
  std::string text;
  for (const auto& [name, value] : query)
    text += (text.empty() ? "?" : "&") + percent_encoded(name) + "=" + percent_encoded(value);
  return text;
}

}  // namespace duress::kube
