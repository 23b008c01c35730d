#include "spec/manifest.h"

#include <algorithm>
#include <array>

#include "spec/fields.h"
#include "spec/manifest_reader.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

namespace {

constexpr std::string_view kApiVersion = "chaos-mesh.org/v1alpha1";
constexpr std::string_view kKind = "StressChaos";
constexpr std::string_view kPause = "experiment.chaos-mesh.org/pause";
const std::string kStressors = "spec.stressors";

constexpr std::array<std::string_view, 5> kTop = {"apiVersion", "kind", "metadata", "spec",
                                                  "status"};
constexpr std::array<std::string_view, 11> kSpec = {
    "selector", "mode",          "value",   "containerNames", "stressors", "stressngStressors",
    "duration", "remoteCluster", "restart", "preflight",      "guards"};
constexpr std::array<std::string_view, 2> kLoads = {"memory", "cpu"};

// Names that may stand below "memory" or "memory.whenOOM", as the table of fields has them.
std::vector<std::string_view> names_below(std::string_view parent) {
  std::vector<std::string_view> names;
  for (const Field& field : fields()) {
    if (!field.path.starts_with(parent) || field.path[parent.size()] != '.') continue;
    std::string_view name = field.path.substr(parent.size() + 1);
    name = name.substr(0, name.find('.'));
    if (std::ranges::find(names, name) == names.end()) names.push_back(name);
  }
  if (parent == "memory") names.emplace_back("ramp");
  if (parent == "memory" || parent == "cpu") names.emplace_back("options");
  return names;
}

std::string other_kind(const std::string& kind) {
  constexpr std::array<std::string_view, 3> wrappers = {"Schedule", "Workflow", "WorkflowNode"};
  constexpr std::array<std::string_view, 8> workloads = {
      "Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob", "Service"};
  if (std::ranges::find(wrappers, kind) != wrappers.end()) {
    return "a StressChaos; write what it holds under stressChaos as the spec of one";
  }
  if (std::ranges::find(workloads, kind) != workloads.end()) {
    return "a StressChaos, which says the stress; this is what would be stressed";
  }
  if (kind.ends_with("Chaos")) return "a StressChaos; CPU and memory stress is what there is here";
  return "a StressChaos";
}

class ManifestReader {
 public:
  std::expected<Manifest, std::vector<Problem>> read(const YamlNode& root) {
    if (is_ours(root)) {
      problems_.is_map(root, "", kTop);
      if (const YamlNode* metadata = root.find("metadata")) read_metadata(*metadata);
      if (const YamlNode* spec = root.find("spec")) {
        read_spec(*spec);
      } else {
        problems_.add("spec", "", "missing: it holds stressors, and how long under duration");
      }
    }
    if (!problems_.empty()) return std::unexpected(problems_.take());
    return std::move(out_);
  }

 private:
  // Nothing else is worth saying about a file that is something else.
  bool is_ours(const YamlNode& root) {
    if (root.kind != YamlNode::Kind::kMap) return problems_.is_map(root, "");
    const YamlNode* kind = root.find("kind");
    const YamlNode* version = root.find("apiVersion");
    if (kind == nullptr) {
      problems_.add("kind", "", "missing: a StressChaos manifest says kind: StressChaos");
    } else if (kind->text != kKind) {
      problems_.add("kind", kind->shown(),
                    other_kind(kind->text) + " (apiVersion: " + std::string(kApiVersion) +
                        ", kind: StressChaos) is needed");
      return false;
    }
    if (version == nullptr) {
      problems_.add("apiVersion", "", "missing: apiVersion: " + std::string(kApiVersion));
    } else if (version->text != kApiVersion) {
      problems_.add("apiVersion", version->shown(), std::string(kApiVersion));
    }
    return problems_.empty();
  }

  void read_metadata(const YamlNode& metadata) {
    if (!problems_.is_map(metadata, "metadata")) return;
    const auto text = [&](std::string_view name, std::string& into) {
      const YamlNode* node = metadata.find(name);
      if (node != nullptr && problems_.is_scalar(*node, below("metadata", name), "a name")) {
        into = node->text;
      }
    };
    text("name", out_.name);
    text("namespace", out_.ns);
    const YamlNode* annotations = metadata.find("annotations");
    if (annotations != nullptr && problems_.is_map(*annotations, "metadata.annotations")) {
      if (const YamlNode* pause = annotations->find(kPause)) read_pause(*pause);
    }
  }

  void read_pause(const YamlNode& node) {
    const std::string path = below("metadata.annotations", kPause);
    constexpr std::string_view allowed = R"("true" or "false")";
    if (!problems_.is_scalar(node, path, allowed)) return;
    out_.paused = node.text == "true";
    if (!out_.paused && node.text != "false")
      problems_.add(path, node.shown(), std::string(allowed));
  }

  void read_spec(const YamlNode& spec) {
    if (!problems_.is_map(spec, "spec", kSpec)) return;
    const auto given = [&](std::string_view name) { return spec.find(name) != nullptr; };
    out_.selector_given = given("selector") || given("mode") || given("containerNames");
    ReadSelection read = read_selection(spec, problems_);
    if (out_.selector_given) out_.selector_summary = std::move(read.summary);
    if (given("selector") && !read.mode_given) {
      read.notes.emplace_back("spec.mode is not given: all is meant");
    }
    out_.selection = std::move(read.selection);
    out_.notes = std::move(read.notes);
    if (const YamlNode* cluster = spec.find("remoteCluster");
        cluster != nullptr && !is_empty(*cluster)) {
      problems_.add("spec.remoteCluster", cluster->shown(),
                    "leave it out, and apply the manifest in that cluster");
    }
    if (const YamlNode* duration = spec.find("duration")) read_duration(*duration);
    if (const YamlNode* restart = spec.find("restart")) read_restart(*restart);
    if (const YamlNode* preflight = spec.find("preflight")) read_preflight(*preflight);
    if (const YamlNode* stressors = spec.find("stressors")) read_stressors(*stressors);
    if (const YamlNode* dialect = spec.find("stressngStressors")) read_stressng(*dialect);
    if (const YamlNode* guards = spec.find("guards")) read_guards(*guards);
    if (problems_.empty()) check_something_to_do();
    if (!out_.again && out_.stressors.guards.restarts) {
      problems_.add("spec.guards.restarts", std::to_string(*out_.stressors.guards.restarts),
                    "with restart: end no restarted container is stressed: leave out one of them");
    }
  }

  void read_duration(const YamlNode& node) {
    constexpr std::string_view allowed =
        "a duration above 0s such as 90s or 1h30m; without one it has no end";
    if (!problems_.is_scalar(node, "spec.duration", allowed)) return;
    if (trim(node.text).empty()) return;
    const auto duration = parse_duration(node.text);
    if (duration && duration->count() > 0) {
      out_.duration = *duration;
    } else {
      problems_.add("spec.duration", quoted(node.text), std::string(allowed));
    }
  }

  void read_restart(const YamlNode& node) {
    constexpr std::string_view allowed = "again (default) or end";
    if (!problems_.is_scalar(node, "spec.restart", allowed)) return;
    const std::string_view text = trim(node.text);
    out_.again = text != "end";
    if (text != "again" && text != "end" && !text.empty()) {
      problems_.add("spec.restart", quoted(node.text), std::string(allowed));
    }
  }

  void read_preflight(const YamlNode& node) {
    constexpr std::string_view allowed = "true or false (default)";
    if (!problems_.is_scalar(node, "spec.preflight", allowed)) return;
    out_.preflight = node.plain && node.text == "true";
    if (!out_.preflight && !(node.plain && node.text == "false"))
      problems_.add("spec.preflight", quoted(node.text), std::string(allowed));
  }

  void read_stressng(const YamlNode& node) {
    const std::string path = "spec.stressngStressors";
    if (!problems_.is_scalar(node, path, "stress-ng's options in one text")) return;
    out_.stressors.stressng = std::string(trim(node.text));
    Stressors& loads = out_.stressors;
    if (loads.stressng.empty() || (!loads.memory && !loads.cpu)) return;
    loads.memory.reset();
    loads.cpu.reset();
    std::erase_if(out_.notes, [](const std::string& n) { return n.starts_with(kStressors); });
    out_.notes.push_back(path + " wins over " + kStressors + ", which does nothing here");
  }

  void check_something_to_do() {
    const Stressors& loads = out_.stressors;
    if (loads.memory || loads.cpu || !loads.stressng.empty()) return;
    problems_.add(kStressors, "", "nothing to do: give memory, cpu or both");
  }

  void read_stressors(const YamlNode& node) {
    if (!problems_.is_map(node, kStressors, kLoads)) return;
    if (const YamlNode* memory = node.find("memory")) read_memory(*memory);
    if (const YamlNode* cpu = node.find("cpu")) read_cpu(*cpu);
  }

  void read_memory(const YamlNode& node) {
    const std::string path = kStressors + ".memory";
    if (!has_fields(node, path, "workers and size")) return;
    Stressors& loads = out_.stressors;
    if (!loads.memory) loads.memory.emplace();
    read_fields(node, "memory", loads.memory->options);
    if (node.find("time") != nullptr && node.find("ramp") != nullptr) {
      problems_.add(path + ".ramp", "", "the same as time, which is given too: leave one");
    }
    const YamlNode* size = node.find("size");
    if (size != nullptr && !is_empty(*size)) return;
    loads.memory->size = Percent{100};
    loads.memory->size_given = true;
    out_.notes.push_back(path + ".size is not given: 100% is meant, all that the limit allows");
  }

  void read_cpu(const YamlNode& node) {
    const std::string path = kStressors + ".cpu";
    if (!has_fields(node, path, "workers and load")) return;
    Stressors& loads = out_.stressors;
    if (!loads.cpu) loads.cpu.emplace();
    read_fields(node, "cpu", loads.cpu->options);
    const YamlNode* load = node.find("load");
    if (load != nullptr && !is_empty(*load)) return;
    loads.cpu->load_given = true;
    out_.notes.push_back(path + ".load is not given: 100 is meant");
  }

  void read_guards(const YamlNode& node) {
    std::vector<std::string> none;
    if (has_fields(node, "spec.guards", "nodeMemory, nodePressure, restarts or notReadyFor"))
      read_fields(node, "guards", none);
  }

  bool has_fields(const YamlNode& node, const std::string& path, std::string_view which) {
    if (!problems_.is_map(node, path)) return false;
    const auto given = [](const YamlMember& member) { return !member.value.is_null(); };
    if (std::ranges::any_of(node.members, given)) return true;
    problems_.add(path, "", "it would do nothing: give " + std::string(which));
    return false;
  }

  static bool is_empty(const YamlNode& node) {
    return node.kind == YamlNode::Kind::kScalar && trim(node.text).empty();
  }

  // Every member of "memory", "cpu", "memory.whenOOM" or "guards" by the table of fields.
  void read_fields(const YamlNode& node, const std::string& parent,
                   std::vector<std::string>& options) {
    const std::vector<std::string_view> known = names_below(parent);
    for (const YamlMember& member : node.members) {
      const std::string path = parent + "." + member.name;
      const std::string full = below(manifest_path(parent), member.name);
      if (std::ranges::find(known, member.name) == known.end()) {
        problems_.unknown(manifest_path(parent), member.name, known);
      } else if (member.value.is_null()) {
        continue;
      } else if (member.name == "options") {
        read_options(member.value, full, options);
      } else if (const Field* field = field_by_path(path)) {
        read_field(*field, member.value, full);
      } else if (problems_.is_map(member.value, full)) {
        read_fields(member.value, path, options);
      }
    }
  }

  void read_field(const Field& field, const YamlNode& node, const std::string& full) {
    if (!problems_.is_scalar(node, full, field.allowed)) return;
    const bool may_be_empty = field.path == "memory.size" || field.path == "cpu.load";
    if (may_be_empty && is_empty(node)) return;
    if (auto problem = set_field(out_.stressors, field, node.text, full)) {
      problems_.add(problem->field, problem->given, problem->message);
    }
  }

  void read_options(const YamlNode& node, const std::string& full,
                    std::vector<std::string>& options) {
    for (std::string& option : problems_.texts(node, full)) {
      if (!trim(option).empty()) options.push_back(std::move(option));
    }
  }

  Manifest out_;
  ManifestProblems problems_;
};

}  // namespace

std::expected<Manifest, std::vector<Problem>> parse_manifest(std::string_view text) {
  const auto root = parse_yaml(text);
  if (!root) return std::unexpected(std::vector{root.error()});
  return read_manifest(*root);
}

std::expected<Manifest, std::vector<Problem>> read_manifest(const YamlNode& root) {
  return ManifestReader().read(root);
}

}  // namespace duress::spec
