#include "rehearse/http_request.h"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <string_view>

#include "rehearse/connection.h"

namespace duress::rehearse {

namespace {

bool same(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, [](char x, char y) {
    return std::tolower(static_cast<unsigned char>(x)) ==
           std::tolower(static_cast<unsigned char>(y));
  });
}

// What may not stand in a request's first line is written as %XX; a fragment is not sent.
std::string path_of_text(std::string_view text) {
  std::string out = text.starts_with('/') ? "" : "/";
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : text.substr(0, text.find('#'))) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte > 0x20 && byte < 0x7F && c != '"' && c != '<' && c != '>') {
      out += c;
    } else {
      out += '%';
      out += kDigits[byte >> 4U];
      out += kDigits[byte & 15U];
    }
  }
  return out;
}

// A header may not begin another one.
std::string one_line(std::string text) {
  std::erase_if(text, [](char c) { return c == '\r' || c == '\n' || c == '\0'; });
  return text;
}

const std::string* header(const spec::HttpGet& get, std::string_view name) {
  for (const auto& [key, value] : get.headers) {
    if (same(key, name)) return &value;
  }
  return nullptr;
}

// "host", "host:80", "[::1]:80"
bool set_authority(Url& url, std::string_view text) {
  text = text.substr(text.rfind('@') == std::string_view::npos ? 0 : text.rfind('@') + 1);
  const std::size_t bracket = text.rfind(']');
  const std::size_t colon = text.rfind(':');
  const bool has_port =
      colon != std::string_view::npos && (bracket == std::string_view::npos || colon > bracket);
  std::string_view host = text.substr(0, has_port ? colon : text.size());
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  url.host = host;
  url.port_given = has_port;
  url.port = url.https ? 443 : 80;
  if (!has_port) return !host.empty();
  const std::string_view port = text.substr(colon + 1);
  const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), url.port);
  return !host.empty() && error == std::errc() && end == port.data() + port.size() &&
         url.port > 0 && url.port < 65536;
}

}  // namespace

std::string Url::authority() const {
  if (port_given) return join_host_port(host, port);
  return host.find(':') == std::string::npos ? host : "[" + host + "]";
}

std::string Url::text() const { return (https ? "https://" : "http://") + authority() + path; }

Url url_of(const spec::HttpGet& get, const std::string& pod_ip) {
  return {.https = get.https,
          .host = get.host.empty() ? pod_ip : get.host,
          .port = get.port,
          .path = path_of_text(get.path)};
}

std::string request_of(const spec::HttpGet& get, const Url& url) {
  const std::string* host = header(get, "host");
  const std::string* agent = header(get, "user-agent");
  const std::string* accept = header(get, "accept");
  std::string out = "GET " + url.path + " HTTP/1.1\r\n";
  out += "Host: " + one_line(host != nullptr && !host->empty() ? *host : url.authority()) + "\r\n";
  out += "User-Agent: " + one_line(agent != nullptr ? *agent : kUserAgent) + "\r\n";
  if (accept == nullptr) out += "Accept: */*\r\n";
  for (const auto& [name, value] : get.headers) {
    if (same(name, "host") || same(name, "user-agent")) continue;
    if (same(name, "accept") && value.empty()) continue;  // a kubelet's way to send none
    out += one_line(name) + ": " + one_line(value) + "\r\n";
  }
  return out + "Connection: close\r\n\r\n";
}

std::optional<Url> resolved(const Url& from, const std::string& location) {
  std::string_view rest = location;
  Url out = from;
  bool other = false;
  for (const auto& [scheme, https] :
       {std::pair<std::string_view, bool>("http://", false), {"https://", true}}) {
    if (!same(rest.substr(0, scheme.size()), scheme)) continue;
    out.https = https;
    rest.remove_prefix(scheme.size());
    other = true;
    break;
  }
  if (!other && rest.starts_with("//")) {
    rest.remove_prefix(2);
    other = true;
  }
  if (other) {
    const std::size_t end = std::min(rest.find_first_of("/?#"), rest.size());
    if (!set_authority(out, rest.substr(0, end))) return std::nullopt;
    out.path = path_of_text(rest.substr(end));
    return out;
  }
  if (rest.starts_with('/')) {
    out.path = path_of_text(rest);
    return out;
  }
  // Beside the page that sent us there.
  const std::string page = from.path.substr(0, from.path.find('?'));
  out.path = path_of_text(page.substr(0, page.rfind('/') + 1) + std::string(rest));
  return out;
}

}  // namespace duress::rehearse
