#include "spec/pod_reader.h"

#include <algorithm>
#include <array>
#include <limits>
#include <set>

#include "base/text.h"
#include "spec/container_reader.h"
#include "spec/pod_fields.h"
#include "spec/quantity.h"

namespace duress::spec {

namespace {

constexpr std::uint32_t kNobody = 65534;
constexpr std::int64_t kMostSeconds = std::numeric_limits<std::int32_t>::max();

class PodReader {
 public:
  PodReader(ObjectReader& reader, std::string path) : reader_(reader), path_(std::move(path)) {}

  Pod read(const YamlNode& spec, const PodRules& rules) {
    if (!reader_.object(spec, path_, pod_fields())) return {};
    read_policy(spec, rules);
    if (const auto grace =
            reader_.number(spec, "terminationGracePeriodSeconds", path_, 0, kMostSeconds)) {
      pod_.grace = std::chrono::seconds(*grace);
    }
    if (auto hostname = reader_.text(spec, "hostname", path_); hostname && !hostname->empty()) {
      if (reader_.dns_label(*hostname, below(path_, "hostname"))) pod_.hostname = *hostname;
    }
    check_os(spec);
    check_priority(spec);
    run_as_ = read_run_as(reader_, spec, path_, pod_security_fields());
    read_volumes(spec);
    read_containers(spec, "initContainers", true);
    read_containers(spec, "containers", false);
    if (spec.find("containers") == nullptr || spec.find("containers")->items.empty()) {
      reader_.missing(below(path_, "containers"), "a Pod has at least one container");
    }
    check_references();
    return std::move(pod_);
  }

 private:
  void read_policy(const YamlNode& spec, const PodRules& rules) {
    const std::string path = below(path_, "restartPolicy");
    std::vector<std::string> allowed;
    for (const std::string_view policy : rules.restart_policies) {
      if (!policy.empty()) allowed.emplace_back(policy);
    }
    const YamlNode* node = spec.find("restartPolicy");
    if (node == nullptr) {
      if (rules.restart_policies.front().empty()) {
        reader_.missing(path, listed(allowed, "or"));
      }
      return;
    }
    const auto policy = reader_.text(*node, path);
    if (!policy) return;
    if (std::ranges::find(allowed, *policy) == allowed.end()) {
      return reader_.refuse(path, *node, listed(allowed, "or"));
    }
    pod_.restart_policy = *policy == "Always"      ? RestartPolicy::kAlways
                          : *policy == "OnFailure" ? RestartPolicy::kOnFailure
                                                   : RestartPolicy::kNever;
  }

  void check_os(const YamlNode& spec) {
    static constexpr auto kOs = std::to_array<KnownField>({{"name"}});
    const YamlNode* os = spec.find("os");
    const std::string path = below(path_, "os");
    if (os == nullptr || !reader_.object(*os, path, kOs)) return;
    const auto name = reader_.text(*os, "name", path);
    if (name && *name != "linux") reader_.refuse(below(path, "name"), *os->find("name"), "linux");
  }

  // Its oom_score_adj is not that of its QoS class: pkg/kubelet/qos/policy.go.
  void check_priority(const YamlNode& spec) {
    const auto priority = reader_.text(spec, "priorityClassName", path_);
    if (!priority || priority->empty()) return;
    if (*priority == "system-node-critical") {
      return reader_.refuse(below(path_, "priorityClassName"), *spec.find("priorityClassName"),
                            "leave it out: it would spare the Pod from the OOM killer");
    }
    reader_.notes().no_effect("priorityClassName",
                              "there is one node, this machine, and no scheduler");
  }

  void read_volumes(const YamlNode& spec) {
    const YamlNode* volumes = spec.find("volumes");
    if (volumes == nullptr) return;
    reader_.problems().for_items(
        *volumes, below(path_, "volumes"),
        [&](const YamlNode& item, const std::string& path) { read_volume(item, path); });
  }

  void read_volume(const YamlNode& item, const std::string& path) {
    if (!reader_.object(item, path, volume_fields())) return;
    Volume volume;
    volume.name = reader_.text(item, "name", path).value_or("");
    if (!volumes_.insert(volume.name).second) {
      reader_.refuse(below(path, "name"), *item.find("name"), "a name that no other volume has");
    } else {
      (void)reader_.dns_label(volume.name, below(path, "name"));
    }
    const YamlNode* empty = member(item, "emptyDir");
    const YamlNode* host = member(item, "hostPath");
    if (empty != nullptr && host != nullptr) {
      reader_.problems().add(path, "emptyDir and hostPath", "exactly one of them");
    } else if (host != nullptr) {
      read_host_path(*host, below(path, "hostPath"), volume);
    } else if (empty != nullptr) {
      read_empty_dir(*empty, below(path, "emptyDir"), volume);
    } else if (item.members.size() < 2) {
      reader_.missing(path, "emptyDir or hostPath");
    }
    pod_.volumes.push_back(std::move(volume));
  }

  // Null counts: `emptyDir:` with nothing behind it is how many write it.
  static const YamlNode* member(const YamlNode& node, std::string_view name) {
    const auto found = std::ranges::find(node.members, name, &YamlMember::name);
    return found == node.members.end() ? nullptr : &found->value;
  }

  void read_empty_dir(const YamlNode& node, const std::string& path, Volume& volume) {
    static constexpr auto kEmptyDir = std::to_array<KnownField>({{"medium"}, {"sizeLimit"}});
    EmptyDir out;
    if (!node.is_null() && reader_.object(node, path, kEmptyDir)) {
      const std::string medium = reader_.text(node, "medium", path).value_or("");
      out.in_memory = medium == "Memory";
      if (!medium.empty() && !out.in_memory) {
        reader_.refuse(below(path, "medium"), *node.find("medium"), "Memory, or leave it out");
      }
      if (const YamlNode* limit = node.find("sizeLimit")) {
        const auto size = parse_memory(limit->text);
        if (!size) {
          reader_.refuse(below(path, "sizeLimit"), *limit, "a quantity such as 64Mi");
        } else if (size->value > 0) {
          out.size_limit = *size;
        }
      }
    }
    volume.source = out;
  }

  void read_host_path(const YamlNode& node, const std::string& path, Volume& volume) {
    static constexpr auto kHostPath = std::to_array<KnownField>({{"path"}, {"type"}});
    if (!reader_.object(node, path, kHostPath)) return;
    HostPath out{reader_.text(node, "path", path).value_or("")};
    if (!out.path.starts_with('/') || (out.path + "/").contains("/../")) {
      reader_.problems().add(below(path, "path"), out.path.empty() ? "" : quoted(out.path),
                             "an absolute path of this machine, without ..");
    }
    check_type(node, path);
    volume.source = std::move(out);
  }

  void check_type(const YamlNode& node, const std::string& path) {
    constexpr std::array<std::string_view, 6> taken = {"",       "Directory",  "File",
                                                       "Socket", "CharDevice", "BlockDevice"};
    const auto type = reader_.text(node, "type", path);
    if (!type || std::ranges::find(taken, *type) != taken.end()) return;
    const bool makes = *type == "DirectoryOrCreate" || *type == "FileOrCreate";
    reader_.refuse(below(path, "type"), *node.find("type"),
                   makes ? "make it beforehand: nothing is created on this machine"
                         : "Directory, File, Socket, CharDevice or BlockDevice");
  }

  void read_containers(const YamlNode& spec, std::string_view name, bool init) {
    const YamlNode* list = spec.find(name);
    if (list == nullptr) return;
    std::vector<Container>& into = init ? pod_.init_containers : pod_.containers;
    reader_.problems().for_items(
        *list, below(path_, name), [&](const YamlNode& item, const std::string& path) {
          ReadContainer read = read_container(reader_, item, path, init);
          Container& container = read.container;
          if (!container.name.empty() && !names_.insert(container.name).second) {
            reader_.problems().add(below(path, "name"), quoted(container.name),
                                   "a name that no other container of the Pod has");
          }
          choose_user(read, path);
          check_mounts(container, path);
          check_sleep(container, path);
          into.push_back(std::move(container));
        });
  }

  void choose_user(ReadContainer& read, const std::string& path) {
    Container& container = read.container;
    container.user = read.run_as.user ? read.run_as.user : run_as_.user;
    container.group = read.run_as.group ? read.run_as.group : run_as_.group;
    if (!read.run_as.non_root.value_or(run_as_.non_root.value_or(false))) return;
    if (!container.user) {
      container.user = kNobody;
      reader_.notes().say(
          "runAsNonRoot without runAsUser: no image names a user, so it runs as 65534 (nobody)");
    } else if (*container.user == 0) {
      reader_.problems().add(below(path, "securityContext.runAsUser"), "0",
                             "a user other than root: runAsNonRoot is true");
    }
  }

  void check_mounts(const Container& container, const std::string& path) {
    for (std::size_t i = 0; i < container.mounts.size(); ++i) {
      const std::string& volume = container.mounts[i].volume;
      if (volumes_.contains(volume)) continue;
      const std::vector<std::string> names(volumes_.begin(), volumes_.end());
      reader_.problems().add(
          path + ".volumeMounts[" + std::to_string(i) + "].name",
          volume.empty() ? "" : quoted(volume),
          names.empty() ? "the Pod has no volumes" : "a volume of the Pod: " + listed(names, "or"));
    }
  }

  void check_sleep(const Container& container, const std::string& path) {
    if (!container.pre_stop) return;
    const auto* sleep = std::get_if<Sleep>(&*container.pre_stop);
    if (sleep == nullptr || sleep->duration <= pod_.grace) return;
    reader_.problems().add(
        path + ".lifecycle.preStop.sleep.seconds", std::to_string(sleep->duration.count()),
        "up to the Pod's terminationGracePeriodSeconds, " + std::to_string(pod_.grace.count()));
  }

  // resourceFieldRef.containerName
  void check_references() {
    for (const auto* containers : {&pod_.init_containers, &pod_.containers}) {
      for (const Container& container : *containers) check_references(container);
    }
  }

  void check_references(const Container& container) {
    for (const EnvironmentVariable& variable : container.environment) {
      const auto* of = std::get_if<ResourceReference>(&variable.value);
      if (of == nullptr || of->container.empty() || names_.contains(of->container)) continue;
      const std::vector<std::string> names(names_.begin(), names_.end());
      reader_.problems().add(
          "containerName of " + quoted(variable.name) + " in " + quoted(container.name),
          quoted(of->container), "a container of the Pod: " + listed(names, "or"));
    }
  }

  ObjectReader& reader_;
  std::string path_;
  RunAs run_as_;
  std::set<std::string> volumes_;
  std::set<std::string> names_;
  Pod pod_;
};

}  // namespace

Pod read_pod_spec(ObjectReader& reader, const YamlNode& spec, const std::string& path,
                  const PodRules& rules) {
  return PodReader(reader, path).read(spec, rules);
}

}  // namespace duress::spec
