#include "spec/container_reader.h"

#include <algorithm>
#include <array>
#include <limits>

#include "base/text.h"
#include "spec/pod_environment.h"
#include "spec/pod_fields.h"
#include "spec/probe_reader.h"
#include "spec/quantity.h"

namespace duress::spec {

namespace {

constexpr std::int64_t kMostId = std::numeric_limits<std::int32_t>::max();
constexpr std::int64_t kMostSeconds = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kMostPortName = 15;

// RFC 6335, as Kubernetes' IsValidPortName has it.
bool is_port_name(std::string_view name) {
  if (name.empty() || name.size() > kMostPortName) return false;
  const auto letter = [](char c) { return c >= 'a' && c <= 'z'; };
  const auto inside = [&](char c) { return letter(c) || (c >= '0' && c <= '9') || c == '-'; };
  return std::ranges::all_of(name, inside) && std::ranges::any_of(name, letter) &&
         !name.starts_with('-') && !name.ends_with('-') && !name.contains("--");
}

bool is_variable_name(std::string_view name) {
  const auto printable = [](char c) { return c >= 0x20 && c < 0x7F && c != '='; };
  return !name.empty() && std::ranges::all_of(name, printable);
}

// "500m is not allowed: ..." as the problem's two parts.
void tell(ObjectReader& reader, const std::string& path, const Error& error) {
  const std::string_view message = error.message;
  constexpr std::string_view between = " is not allowed: ";
  const std::size_t at = message.find(between);
  if (at == std::string_view::npos) return reader.problems().add(path, "", error.message);
  reader.problems().add(path, std::string(message.substr(0, at)),
                        std::string(message.substr(at + between.size())));
}

class ContainerReader {
 public:
  ContainerReader(ObjectReader& reader, std::string path, bool init)
      : reader_(reader), path_(std::move(path)), init_(init) {}

  ReadContainer read(const YamlNode& node) {
    if (!reader_.object(node, path_, container_fields())) return std::move(out_);
    Container& container = out_.container;
    if (auto name = reader_.text(node, "name", path_)) {
      container.name = std::move(*name);
      (void)reader_.dns_label(container.name, below(path_, "name"));
    } else if (node.find("name") == nullptr) {
      reader_.missing(below(path_, "name"), "a container has a name");
    }
    container.image = reader_.text(node, "image", path_).value_or("");
    read_command(node);
    read_directory(node);
    read_restart(node);
    each(node, "env", [&](const YamlNode& item, const std::string& at) { read_env(item, at); });
    if (const YamlNode* resources = node.find("resources")) read_resources(*resources);
    each(node, "ports", [&](const YamlNode& item, const std::string& at) { read_port(item, at); });
    each(node, "volumeMounts",
         [&](const YamlNode& item, const std::string& at) { read_mount(item, at); });
    read_probes(node);
    out_.run_as = read_run_as(reader_, node, path_, security_fields());
    return std::move(out_);
  }

 private:
  template <class Each>
  void each(const YamlNode& node, std::string_view name, Each&& read_one) {
    const YamlNode* list = node.find(name);
    if (list != nullptr) reader_.problems().for_items(*list, below(path_, name), read_one);
  }

  void read_command(const YamlNode& node) {
    Container& container = out_.container;
    container.command = reader_.texts(node, "command", path_);
    const YamlNode* command = node.find("command");
    // What is wrong with it is told: it is not missing as well.
    const bool wrong = container.command.empty() && command != nullptr && !says_nothing(*command);
    if (wrong) container.command.emplace_back();
    const auto arguments = reader_.texts(node, "args", path_);
    container.arguments = arguments.size();
    container.command.insert(container.command.end(), arguments.begin(), arguments.end());
  }

  void read_directory(const YamlNode& node) {
    const auto directory = reader_.text(node, "workingDir", path_);
    if (!directory || directory->empty()) return;
    if (!directory->starts_with('/')) {
      return reader_.refuse(below(path_, "workingDir"), *node.find("workingDir"),
                            "an absolute path such as /app");
    }
    out_.container.working_directory = *directory;
  }

  void read_restart(const YamlNode& node) {
    const auto policy = reader_.text(node, "restartPolicy", path_);
    if (!policy) return;
    const std::string path = below(path_, "restartPolicy");
    if (!init_) {
      return reader_.refuse(path, *node.find("restartPolicy"),
                            "leave it out: only an init container has one of its own");
    }
    if (*policy != "Always") {
      return reader_.refuse(path, *node.find("restartPolicy"),
                            "Always, which makes the init container a sidecar");
    }
    out_.container.sidecar = true;
  }

  void read_env(const YamlNode& item, const std::string& path) {
    if (!reader_.object(item, path, environment_fields())) return;
    const auto name = reader_.text(item, "name", path);
    if (!name || !is_variable_name(*name)) {
      return reader_.problems().add(below(path, "name"), name ? quoted(*name) : "",
                                    "the name of a variable, without =");
    }
    const auto value = reader_.text(item, "value", path);
    const YamlNode* from = item.find("valueFrom");
    if (from == nullptr) {
      out_.container.environment.push_back({*name, value.value_or("")});
      return;
    }
    if (value && !value->empty()) {
      reader_.problems().add(below(path, "valueFrom"), "", "leave out either this or value");
    }
    read_reference(*from, below(path, "valueFrom"), *name);
  }

  void read_reference(const YamlNode& from, const std::string& path, const std::string& name) {
    if (!reader_.object(from, path, value_source_fields())) return;
    const YamlNode* field = from.find("fieldRef");
    const YamlNode* resource = from.find("resourceFieldRef");
    if ((field != nullptr) == (resource != nullptr)) {
      if (field != nullptr || from.members.empty()) {
        reader_.problems().add(path, "", "exactly one of fieldRef and resourceFieldRef");
      }
      return;
    }
    if (field != nullptr) {
      read_field(*field, below(path, "fieldRef"), name);
    } else {
      read_resource_field(*resource, below(path, "resourceFieldRef"), name);
    }
  }

  void read_field(const YamlNode& node, const std::string& path, const std::string& name) {
    static constexpr auto kFieldRef = std::to_array<KnownField>({{"apiVersion"}, {"fieldPath"}});
    if (!reader_.object(node, path, kFieldRef)) return;
    const auto field = reader_.text(node, "fieldPath", path);
    if (field && is_field(*field)) {
      out_.container.environment.push_back({name, FieldReference{*field}});
      return;
    }
    reader_.problems().add(
        below(path, "fieldPath"), field ? quoted(*field) : "",
        "metadata.name, metadata.namespace, metadata.uid, metadata.labels['KEY'], "
        "metadata.annotations['KEY'], spec.nodeName, spec.serviceAccountName, status.podIP or "
        "status.hostIP");
  }

  void read_resource_field(const YamlNode& node, const std::string& path, const std::string& name) {
    static constexpr auto kResourceRef =
        std::to_array<KnownField>({{"containerName"}, {"resource"}, {"divisor"}});
    constexpr std::array<std::string_view, 4> known = {"limits.cpu", "limits.memory",
                                                       "requests.cpu", "requests.memory"};
    if (!reader_.object(node, path, kResourceRef)) return;
    ResourceReference reference;
    reference.container = reader_.text(node, "containerName", path).value_or("");
    reference.resource = reader_.text(node, "resource", path).value_or("");
    if (std::ranges::find(known, reference.resource) == known.end()) {
      reader_.problems().add(below(path, "resource"),
                             reference.resource.empty() ? "" : quoted(reference.resource),
                             "limits.cpu, limits.memory, requests.cpu or requests.memory");
    }
    if (const YamlNode* divisor = node.find("divisor")) {
      const auto amount = parse_quantity(divisor->text);
      const bool memory = reference.resource.ends_with("memory");
      if (!amount || (memory && *amount % 1000 != 0)) {
        reader_.refuse(below(path, "divisor"), *divisor, memory ? "1, 1Ki, 1Mi, 1Gi" : "1 or 1m");
      } else if (*amount > 0) {
        reference.divisor_thousandths = *amount;
      }
    }
    out_.container.environment.push_back({name, std::move(reference)});
  }

  void read_resources(const YamlNode& node) {
    const std::string path = below(path_, "resources");
    if (!reader_.object(node, path, resources_fields())) return;
    Resources& resources = out_.container.resources;
    read_amounts(node, "limits", path, resources.limits);
    read_amounts(node, "requests", path, resources.requests);
    const std::string requests = below(path, "requests");
    const auto fit = [&](auto& request, const auto& limit, const char* name) {
      if (!request) request = limit;
      if (!request || !limit || *request <= *limit) return;
      const YamlNode* given = node.find("requests");
      reader_.refuse(below(requests, name), *given->find(name),
                     "no more than the limit, " + node.find("limits")->find(name)->text);
    };
    fit(resources.requests.memory, resources.limits.memory, "memory");
    fit(resources.requests.cpu, resources.limits.cpu, "cpu");
    // A limit of 0 limits nothing.
    if (resources.limits.memory == Bytes{0}) resources.limits.memory.reset();
    if (resources.limits.cpu == Cores{0}) resources.limits.cpu.reset();
  }

  void read_amounts(const YamlNode& parent, std::string_view name, const std::string& parent_path,
                    Amounts& into) {
    constexpr std::array<std::string_view, 3> known = {"cpu", "memory", "ephemeral-storage"};
    const YamlNode* node = parent.find(name);
    const std::string path = below(parent_path, name);
    if (node == nullptr || !reader_.problems().is_map(*node, path)) return;
    for (const YamlMember& member : node->members) {
      const std::string full = below(path, member.name);
      if (member.value.is_null()) continue;
      if (!reader_.problems().is_scalar(member.value, full, "a quantity such as 500Mi or 500m")) {
        continue;
      }
      if (member.name == "memory") {
        put(parse_memory(member.value.text), full, into.memory);
      } else if (member.name == "cpu") {
        put(parse_cpu(member.value.text), full, into.cpu);
      } else if (member.name.starts_with("hugepages-")) {
        reader_.problems().add(full, "", "not to be had here: leave it out");
      } else if (member.name == "ephemeral-storage" || member.name.contains('/')) {
        reader_.notes().no_effect(quoted(member.name),
                                  "neither disk space nor devices are handed out");
      } else {
        reader_.problems().unknown(path, member.name, known);
      }
    }
  }

  template <class T>
  void put(const Result<T>& amount, const std::string& path, std::optional<T>& into) {
    if (!amount) return tell(reader_, path, amount.error());
    into = *amount;
  }

  void read_port(const YamlNode& item, const std::string& path) {
    if (!reader_.object(item, path, port_fields())) return;
    if (item.find("containerPort") == nullptr) {
      reader_.missing(below(path, "containerPort"), "1 to 65535");
    }
    const auto number = reader_.number(item, "containerPort", path, 1, 65535);
    const auto name = reader_.text(item, "name", path);
    if (!name || name->empty()) return;
    if (!is_port_name(*name)) {
      reader_.refuse(below(path, "name"), *item.find("name"),
                     "up to 15 lower-case letters, digits and -, with a letter, such as http");
    } else if (number && !out_.container.ports.emplace(*name, static_cast<int>(*number)).second) {
      reader_.refuse(below(path, "name"), *item.find("name"), "a name that no other port has");
    }
  }

  void read_mount(const YamlNode& item, const std::string& path) {
    if (!reader_.object(item, path, mount_fields())) return;
    Mount mount;
    mount.volume = reader_.text(item, "name", path).value_or("");
    mount.path = reader_.text(item, "mountPath", path).value_or("");
    mount.sub_path = reader_.text(item, "subPath", path).value_or("");
    mount.read_only = reader_.flag(item, "readOnly", path).value_or(false);
    if (!mount.path.starts_with('/') || mount.path == "/" || mount.path.contains(':')) {
      reader_.problems().add(below(path, "mountPath"), mount.path.empty() ? "" : quoted(mount.path),
                             "an absolute path such as /data");
    }
    const bool leaves = ("/" + mount.sub_path + "/").contains("/../");
    if (mount.sub_path.starts_with('/') || leaves) {
      reader_.refuse(below(path, "subPath"), *item.find("subPath"),
                     "a path inside the volume, without ..");
    }
    std::vector<Mount>& mounts = out_.container.mounts;
    if (std::ranges::find(mounts, mount.path, &Mount::path) != mounts.end()) {
      reader_.problems().add(below(path, "mountPath"), quoted(mount.path),
                             "a path that no other volume is mounted at");
    }
    mounts.push_back(std::move(mount));
  }

  void read_probes(const YamlNode& node) {
    Container& container = out_.container;
    const auto probe = [&](std::string_view name, ProbeKind kind, std::optional<Probe>& into) {
      const YamlNode* given = node.find(name);
      if (given == nullptr || !may_have(name, *given)) return;
      into = read_probe(reader_, *given, {kind, below(path_, name), container.ports});
    };
    probe("livenessProbe", ProbeKind::kLiveness, container.liveness);
    probe("readinessProbe", ProbeKind::kReadiness, container.readiness);
    probe("startupProbe", ProbeKind::kStartup, container.startup);
    const YamlNode* lifecycle = node.find("lifecycle");
    if (lifecycle != nullptr && may_have("lifecycle", *lifecycle)) read_lifecycle(*lifecycle);
  }

  bool may_have(std::string_view name, const YamlNode& given) {
    if (!init_ || out_.container.sidecar) return true;
    reader_.refuse(below(path_, name), given,
                   "leave it out: an init container has one only with restartPolicy: Always");
    return false;
  }

  void read_lifecycle(const YamlNode& node) {
    const std::string path = below(path_, "lifecycle");
    if (!reader_.object(node, path, lifecycle_fields())) return;
    const YamlNode* stop = node.find("preStop");
    if (stop == nullptr) return;
    const std::string at = below(path, "preStop");
    if (!reader_.object(*stop, at, handler_fields())) return;
    const YamlNode* exec = stop->find("exec");
    const YamlNode* sleep = stop->find("sleep");
    if ((exec != nullptr) == (sleep != nullptr)) {
      const bool other = stop->find("httpGet") != nullptr || stop->find("tcpSocket") != nullptr;
      if (exec != nullptr || !other)
        reader_.problems().add(at, "", "exactly one of exec and sleep");
    } else if (exec != nullptr) {
      if (auto command = read_exec(reader_, *exec, below(at, "exec"))) {
        out_.container.pre_stop = std::move(*command);
      }
    } else {
      read_sleep(*sleep, below(at, "sleep"));
    }
  }

  void read_sleep(const YamlNode& node, const std::string& path) {
    static constexpr auto kSleep = std::to_array<KnownField>({{"seconds"}});
    if (!reader_.object(node, path, kSleep)) return;
    if (node.find("seconds") == nullptr) reader_.missing(below(path, "seconds"), "a number");
    const auto seconds = reader_.number(node, "seconds", path, 0, kMostSeconds);
    if (seconds) out_.container.pre_stop = Sleep{std::chrono::seconds(*seconds)};
  }

  ObjectReader& reader_;
  std::string path_;
  bool init_;
  ReadContainer out_;
};

}  // namespace

RunAs read_run_as(ObjectReader& reader, const YamlNode& parent, const std::string& path,
                  std::span<const KnownField> fields) {
  RunAs out;
  const YamlNode* node = parent.find("securityContext");
  const std::string full = below(path, "securityContext");
  if (node == nullptr || !reader.object(*node, full, fields)) return out;
  if (const auto user = reader.number(*node, "runAsUser", full, 0, kMostId)) {
    out.user = static_cast<std::uint32_t>(*user);
  }
  if (const auto group = reader.number(*node, "runAsGroup", full, 0, kMostId)) {
    out.group = static_cast<std::uint32_t>(*group);
  }
  out.non_root = reader.flag(*node, "runAsNonRoot", full);
  return out;
}

ReadContainer read_container(ObjectReader& reader, const YamlNode& node, const std::string& path,
                             bool init) {
  return ContainerReader(reader, path, init).read(node);
}

}  // namespace duress::spec
