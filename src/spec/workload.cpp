#include "spec/workload.h"

#include <algorithm>
#include <array>
#include <set>

#include "base/text.h"
#include "spec/object_reader.h"
#include "spec/pod_reader.h"
#include "spec/validate.h"
#include "spec/workload_reader.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

namespace {

constexpr std::string_view kChaosGroup = "chaos-mesh.org/";

std::string scalar(const YamlNode& root, std::string_view name) {
  const YamlNode* node = root.find(name);
  return node != nullptr && node->kind == YamlNode::Kind::kScalar ? node->text : "";
}

class Collector {
 public:
  explicit Collector(const WorkloadOptions& options) : options_(options) {}

  void file(const ManifestText& file) {
    const auto documents = parse_yaml_stream(file.text);
    if (!documents) return tell(file.name, {documents.error()});
    if (documents->empty()) {
      return tell(file.name, {{"manifest", "", "empty: a manifest in YAML or JSON is needed"}});
    }
    for (const YamlDocument& document : *documents) {
      const std::string where =
          documents->size() == 1 ? "" : "document in line " + std::to_string(document.line);
      object(document.root, file.name, where);
    }
  }

  std::expected<Workloads, std::vector<Problem>> finish() {
    give_commands();
    check_names();
    if (out_.pods.size() > kMostPods) {
      problems_.push_back({"replicas", std::to_string(out_.pods.size()) + " Pods",
                           "up to " + std::to_string(kMostPods) + " Pods in all"});
    }
    if (!problems_.empty()) return std::unexpected(std::move(problems_));
    if (!unused_.empty()) {
      notes_.say("not used here: " + listed(unused_, "and") + ": rehearse runs Pods");
    }
    for (std::string& line : notes_.lines()) out_.notes.push_back(std::move(line));
    return std::move(out_);
  }

 private:
  void tell(const std::string& where, const std::vector<Problem>& problems) {
    for (Problem problem : problems) {
      problem.field = where + ": " + problem.field;
      problems_.push_back(std::move(problem));
    }
  }

  // Where a problem stands: "app.yaml: Deployment/web", or the document where it has no name.
  static std::string place(const YamlNode& root, const std::string& file,
                           const std::string& where) {
    const std::string kind = scalar(root, "kind");
    const YamlNode* metadata = root.find("metadata");
    const std::string name = metadata == nullptr ? "" : scalar(*metadata, "name");
    if (kind.empty()) return file + (where.empty() ? "" : ": " + where);
    return file + ": " + quoted(kind) + (name.empty() ? "" : "/" + quoted(name));
  }

  void object(const YamlNode& root, const std::string& file, const std::string& where) {
    const std::string at = place(root, file, where);
    if (root.kind != YamlNode::Kind::kMap) {
      return tell(at, {{"manifest", root.shown(), "a map with apiVersion, kind and metadata"}});
    }
    const std::string kind = scalar(root, "kind");
    const std::string version = scalar(root, "apiVersion");
    if (kind.empty() || version.empty()) {
      return tell(
          at, {{kind.empty() ? "kind" : "apiVersion", "", "missing: a manifest says what it is"}});
    }
    if (kind.ends_with("List") && root.find("items") != nullptr) {
      return list(*root.find("items"), file, at);
    }
    if (version.starts_with(kChaosGroup)) return experiment(root, at);
    if (makes_pods(kind)) return workload(root, at);
    if (kind == "Namespace") return;
    const YamlNode* metadata = root.find("metadata");
    const std::string name = metadata == nullptr ? "" : scalar(*metadata, "name");
    unused_.push_back(quoted(kind) + (name.empty() ? "" : "/" + quoted(name)));
  }

  void list(const YamlNode& items, const std::string& file, const std::string& at) {
    ManifestProblems problems;
    problems.for_items(items, "items", [&](const YamlNode& item, const std::string& path) {
      object(item, file, path);
    });
    tell(at, problems.take());
  }

  void experiment(const YamlNode& root, const std::string& at) {
    auto manifest = read_manifest(root);
    if (!manifest) return tell(at, manifest.error());
    std::vector<Problem> problems = validate(manifest->stressors);
    if (manifest->preflight)
      problems.push_back({"spec.preflight", "true", "leave it out: here it would be carried out"});
    if (!problems.empty()) return tell(at, problems);
    out_.experiments.push_back(std::move(*manifest));
  }

  void workload(const YamlNode& root, const std::string& at) {
    ManifestProblems problems;
    ObjectReader reader(problems, notes_);
    std::vector<Pod> pods = read_workload(reader, root, options_.seed);
    tell(at, problems.take());
    for (Pod& pod : pods) {
      out_.pods.push_back(std::move(pod));
      places_.push_back(at);
    }
  }

  // The name of a Pod, or of what made it.
  static bool is_called(const Pod& pod, std::string_view name) {
    return pod.name == name || pod.owner.ends_with("/" + std::string(name));
  }

  static bool is_meant(const GivenCommand& given, const Pod& pod, const Container& container) {
    const std::string_view target = given.target;
    const std::size_t slash = target.find('/');
    if (slash == std::string_view::npos) return container.name == target;
    return container.name == target.substr(slash + 1) && is_called(pod, target.substr(0, slash));
  }

  // The one that names the Pod too wins.
  void give_commands() {
    std::set<std::string> used;
    for (std::size_t i = 0; i < out_.pods.size(); ++i) {
      Pod& pod = out_.pods[i];
      for (auto* containers : {&pod.init_containers, &pod.containers}) {
        for (Container& container : *containers) give_command(pod, container, places_[i], used);
      }
    }
    std::vector<std::string> names;
    for (const Pod& pod : out_.pods) {
      for (const auto* containers : {&pod.init_containers, &pod.containers}) {
        for (const Container& container : *containers) {
          if (std::ranges::find(names, container.name) == names.end()) {
            names.push_back(container.name);
          }
        }
      }
    }
    if (!problems_.empty() && names.empty()) return;
    for (const GivenCommand& given : options_.commands) {
      if (used.contains(given.target)) continue;
      problems_.push_back({"--command", quoted(given.target),
                           names.empty()
                               ? "there is no container"
                               : "a container: " + listed(names, "or") + "; or POD/CONTAINER"});
    }
  }

  void give_command(const Pod& pod, Container& container, const std::string& place,
                    std::set<std::string>& used) {
    const GivenCommand* chosen = nullptr;
    for (const GivenCommand& given : options_.commands) {
      if (!is_meant(given, pod, container)) continue;
      used.insert(given.target);
      if (chosen == nullptr || given.target.contains('/')) chosen = &given;
    }
    if (chosen != nullptr) {
      const auto arguments = static_cast<std::ptrdiff_t>(container.arguments);
      std::vector<std::string> command = chosen->words;
      command.insert(command.end(), container.command.end() - arguments, container.command.end());
      container.command = std::move(command);
    }
    if (container.command.size() > container.arguments || container.name.empty()) return;
    Problem missing{place + ": command of " + quoted(container.name), "",
                    "missing: images are not pulled, so say what to run: --command " +
                        quoted(container.name) + "='WORDS', or command in the manifest"};
    const auto same = [&](const Problem& p) { return p.field == missing.field; };
    if (std::ranges::none_of(problems_, same)) problems_.push_back(std::move(missing));
  }

  void check_names() {
    std::set<std::string> seen;
    for (std::size_t i = 0; i < out_.pods.size(); ++i) {
      const std::string name = out_.pods[i].ns + "/" + out_.pods[i].name;
      if (out_.pods[i].name.empty() || seen.insert(name).second) continue;
      problems_.push_back(
          {places_[i] + ": metadata.name", name, "a name that no other Pod of the namespace has"});
    }
  }

  const WorkloadOptions& options_;
  Workloads out_;
  PodNotes notes_;
  std::vector<std::string> places_;  // of each Pod
  std::vector<std::string> unused_;
  std::vector<Problem> problems_;
};

}  // namespace

std::expected<Workloads, std::vector<Problem>> read_workloads(std::span<const ManifestText> files,
                                                              const WorkloadOptions& options) {
  Collector collector(options);
  for (const ManifestText& file : files) collector.file(file);
  return collector.finish();
}

}  // namespace duress::spec
