#include "spec/probe_reader.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "spec/pod_fields.h"

namespace duress::spec {

namespace {

constexpr std::int64_t kMostPort = 65535;
constexpr std::int64_t kMostSeconds = std::numeric_limits<std::int32_t>::max();
constexpr std::array<std::string_view, 4> kHandlers = {"httpGet", "tcpSocket", "exec", "grpc"};

// RFC 7230's token.
bool is_header_name(std::string_view name) {
  const auto token = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").contains(c);
  };
  return !name.empty() && std::ranges::all_of(name, token);
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

class ProbeReader {
 public:
  ProbeReader(ObjectReader& reader, const ProbePlace& place) : reader_(reader), place_(place) {}

  std::optional<Probe> read(const YamlNode& node) {
    if (!reader_.object(node, place_.path, probe_fields())) return std::nullopt;
    Probe probe;
    const bool handled = read_handler(node, probe);
    read_timings(node, probe);
    return handled ? std::optional(probe) : std::nullopt;
  }

 private:
  bool read_handler(const YamlNode& node, Probe& probe) {
    std::vector<std::string> given;
    for (const std::string_view name : kHandlers) {
      if (node.find(name) != nullptr) given.emplace_back(name);
    }
    if (given.size() != 1) {
      reader_.problems().add(place_.path, listed(given, "and"),
                             "exactly one of httpGet, tcpSocket, exec and grpc");
      return false;
    }
    const YamlNode& how = *node.find(given[0]);
    const std::string path = below(place_.path, given[0]);
    if (given[0] == "httpGet") return read_http(how, path, probe);
    if (given[0] == "tcpSocket") return read_tcp(how, path, probe);
    if (given[0] == "grpc") return read_grpc(how, path, probe);
    auto exec = read_exec(reader_, how, path);
    if (exec) probe.how = std::move(*exec);
    return exec.has_value();
  }

  std::optional<int> read_port(const YamlNode& parent, const std::string& path) {
    const std::string full = below(path, "port");
    const YamlNode* node = parent.find("port");
    if (node == nullptr) {
      reader_.missing(full, "a number, 1 to 65535, or the name of one of the container's ports");
      return std::nullopt;
    }
    if (node->kind == YamlNode::Kind::kScalar && !parse_integer(node->text)) {
      const auto found = place_.ports.find(node->text);
      if (found != place_.ports.end()) return found->second;
      std::vector<std::string> names;
      for (const auto& [name, number] : place_.ports) names.push_back(name);
      reader_.refuse(full, *node,
                     names.empty()
                         ? "a number, 1 to 65535: the container names no port"
                         : "a number, or a port of the container: " + listed(names, "or"));
      return std::nullopt;
    }
    const auto number = reader_.number(*node, full, 1, kMostPort);
    return number ? std::optional(static_cast<int>(*number)) : std::nullopt;
  }

  // A kubelet asks the node then; the Pod is all that there is here.
  void check_host(const YamlNode& parent, const std::string& path) {
    const auto host = reader_.text(parent, "host", path);
    if (!host || host->empty()) return;
    if (*host == "127.0.0.1" || *host == "localhost" || *host == "::1") {
      return reader_.notes().say("a probe's host " + *host +
                                 " is the Pod itself here; a kubelet asks its node");
    }
    reader_.refuse(below(path, "host"), *parent.find("host"),
                   "leave it out: a probe goes to its own Pod here");
  }

  bool read_http(const YamlNode& node, const std::string& path, Probe& probe) {
    if (!reader_.object(node, path, http_get_fields())) return false;
    HttpGet get;
    const auto port = read_port(node, path);
    if (port) get.port = *port;
    if (auto target = reader_.text(node, "path", path); target && !target->empty()) {
      get.path = (target->starts_with('/') ? "" : "/") + *target;
      const bool odd = has_control(*target) || target->contains(' ');
      if (odd) reader_.refuse(below(path, "path"), *node.find("path"), "a path without blanks");
    }
    if (const auto scheme = reader_.text(node, "scheme", path); scheme && !scheme->empty()) {
      get.https = *scheme == "HTTPS";
      if (!get.https && *scheme != "HTTP") {
        reader_.refuse(below(path, "scheme"), *node.find("scheme"), "HTTP or HTTPS");
      }
    }
    check_host(node, path);
    read_headers(node, path, get);
    probe.how = std::move(get);
    return port.has_value();
  }

  void read_headers(const YamlNode& node, const std::string& path, HttpGet& get) {
    static constexpr auto kHeader = std::to_array<KnownField>({{"name"}, {"value"}});
    const YamlNode* headers = node.find("httpHeaders");
    if (headers == nullptr) return;
    reader_.problems().for_items(
        *headers, below(path, "httpHeaders"), [&](const YamlNode& item, const std::string& at) {
          if (!reader_.object(item, at, kHeader)) return;
          const auto name = reader_.text(item, "name", at);
          const std::string value = reader_.text(item, "value", at).value_or("");
          if (!name || !is_header_name(*name)) {
            reader_.problems().add(below(at, "name"), name ? quoted(*name) : "",
                                   "the name of a header such as X-Probe");
          } else if (has_control(value)) {
            reader_.refuse(below(at, "value"), *item.find("value"), "one line");
          } else {
            get.headers.emplace_back(*name, value);
          }
        });
  }

  bool read_tcp(const YamlNode& node, const std::string& path, Probe& probe) {
    static constexpr auto kTcp = std::to_array<KnownField>({{"port"}, {"host"}});
    if (!reader_.object(node, path, kTcp)) return false;
    check_host(node, path);
    const auto port = read_port(node, path);
    if (port) probe.how = TcpSocket{"", *port};
    return port.has_value();
  }

  bool read_grpc(const YamlNode& node, const std::string& path, Probe& probe) {
    static constexpr auto kGrpc = std::to_array<KnownField>({{"port"}, {"service"}});
    if (!reader_.object(node, path, kGrpc)) return false;
    const std::string service = reader_.text(node, "service", path).value_or("");
    if (node.find("port") == nullptr) {
      reader_.missing(below(path, "port"), "a number, 1 to 65535");
      return false;
    }
    const auto port = reader_.number(node, "port", path, 1, kMostPort);
    if (port) probe.how = Grpc{static_cast<int>(*port), service};
    return port.has_value();
  }

  // pkg/apis/core/v1/defaults.go, SetDefaults_Probe: 0 is not there.
  std::int64_t whole(const YamlNode& node, std::string_view name, std::int64_t otherwise) {
    const auto given = reader_.number(node, name, place_.path, 0, kMostSeconds);
    return given && *given > 0 ? *given : otherwise;
  }

  void read_timings(const YamlNode& node, Probe& probe) {
    using std::chrono::seconds;
    probe.initial_delay = seconds(whole(node, "initialDelaySeconds", 0));
    probe.period = seconds(whole(node, "periodSeconds", 10));
    probe.timeout = seconds(whole(node, "timeoutSeconds", 1));
    probe.success_threshold = static_cast<int>(whole(node, "successThreshold", 1));
    probe.failure_threshold = static_cast<int>(whole(node, "failureThreshold", 3));
    const bool readiness = place_.kind == ProbeKind::kReadiness;
    if (!readiness && probe.success_threshold != 1) {
      reader_.refuse(below(place_.path, "successThreshold"), *node.find("successThreshold"),
                     "1: only a readinessProbe may ask for more");
    }
    const YamlNode* grace = node.find("terminationGracePeriodSeconds");
    if (grace == nullptr) return;
    const std::string path = below(place_.path, "terminationGracePeriodSeconds");
    if (readiness) {
      return reader_.refuse(path, *grace, "leave it out: a readinessProbe ends no container");
    }
    const auto given = reader_.number(*grace, path, 1, kMostSeconds);
    if (given) probe.grace = seconds(*given);
  }

  ObjectReader& reader_;
  const ProbePlace& place_;
};

}  // namespace

std::optional<Exec> read_exec(ObjectReader& reader, const YamlNode& node, const std::string& path) {
  static constexpr auto kExec = std::to_array<KnownField>({{"command"}});
  if (!reader.object(node, path, kExec)) return std::nullopt;
  Exec exec{reader.texts(node, "command", path)};
  if (!exec.command.empty() && !exec.command[0].empty()) return exec;
  const YamlNode* given = node.find("command");
  if (given == nullptr || says_nothing(*given) || !exec.command.empty()) {
    reader.problems().add(below(path, "command"), "", "missing: the program and its arguments");
  }
  return std::nullopt;
}

std::optional<Probe> read_probe(ObjectReader& reader, const YamlNode& node,
                                const ProbePlace& place) {
  return ProbeReader(reader, place).read(node);
}

}  // namespace duress::spec
