#include "kubectl/experiment_object.h"

#include <algorithm>

#include "base/text.h"
#include "spec/manifest.h"
#include "spec/manifest_text.h"
#include "spec/validate.h"
#include "spec/yaml_tree.h"

namespace duress::kubectl {

namespace {

std::string mode_text(spec::PickMode mode) {
  switch (mode) {
    case spec::PickMode::kOne:
      return "one";
    case spec::PickMode::kFixed:
      return "fixed";
    case spec::PickMode::kFixedPercent:
      return "fixed-percent";
    case spec::PickMode::kRandomMaxPercent:
      return "random-max-percent";
    case spec::PickMode::kAll:
      break;
  }
  return "all";
}

// The server adds 5 characters to what is at most 63 for a label's value.
constexpr std::size_t kLongestPrefix = 40;

kube::Json scalar_json(const spec::YamlNode& node) {
  if (!node.plain) return node.text;
  if (node.text == "true") return true;
  if (node.text == "false") return false;
  // What a number is, JSON says; a size such as 1e3MiB is none.
  const kube::Json number = kube::Json::parse(node.text, nullptr, false);
  return number.is_number() ? number : kube::Json(node.text);
}

kube::Json json_of(const spec::YamlNode& node) {
  switch (node.kind) {
    case spec::YamlNode::Kind::kScalar:
      return scalar_json(node);
    case spec::YamlNode::Kind::kList: {
      kube::Json out = kube::Json::array();
      for (const spec::YamlNode& item : node.items) out.push_back(json_of(item));
      return out;
    }
    case spec::YamlNode::Kind::kMap: {
      kube::Json out = kube::Json::object();
      for (const spec::YamlMember& member : node.members) out[member.name] = json_of(member.value);
      return out;
    }
    case spec::YamlNode::Kind::kNull:
      break;
  }
  return nullptr;
}

bool is_stress_chaos(const spec::YamlDocument& document) {
  const spec::YamlNode* kind = document.root.find("kind");
  return kind != nullptr && kind->text == "StressChaos";
}

void make_preflight(kube::Json& object, const std::string& name, const std::string& ns) {
  object["metadata"] = {
      {"namespace", ns},
      {"generateName", (name.empty() ? "duress" : name.substr(0, kLongestPrefix)) + "-preflight-"}};
  object["spec"]["preflight"] = true;
}

}  // namespace

Result<kube::Json> preflight_object(std::string_view text, const Arguments& arguments,
                                    const std::string& ns) {
  const auto documents = spec::parse_yaml_stream(text);
  if (!documents) return fail(Code::kUsage, spec::format_problem(documents.error()));
  const auto found = std::ranges::find_if(*documents, is_stress_chaos);
  const auto count = std::ranges::count_if(*documents, is_stress_chaos);
  if (count != 1) {
    return fail(Code::kUsage, "it holds " + std::to_string(count) +
                                  " objects of kind StressChaos: give one at a time");
  }
  const auto manifest = spec::read_manifest(found->root);
  std::vector<spec::Problem> problems;
  if (!manifest) problems = manifest.error();
  if (manifest) problems = spec::validate(manifest->stressors);
  if (manifest && !manifest->ns.empty() && !arguments.ns.empty() && manifest->ns != arguments.ns) {
    problems.push_back({"metadata.namespace", quoted(manifest->ns),
                        "what -n says, " + quoted(arguments.ns) + ", or leave one of them out"});
  }
  std::string wrong;
  for (const spec::Problem& problem : problems)
    wrong += (wrong.empty() ? "" : "\n") + spec::format_problem(problem);
  if (!wrong.empty()) return fail(Code::kUsage, wrong);
  kube::Json out = {{"apiVersion", "chaos-mesh.org/v1alpha1"}, {"kind", "StressChaos"}};
  if (const spec::YamlNode* spec = found->root.find("spec")) out["spec"] = json_of(*spec);
  make_preflight(out, manifest->name, manifest->ns.empty() ? ns : manifest->ns);
  return out;
}

kube::Json preflight_object(const Arguments& arguments, const std::string& ns) {
  kube::Json out = experiment_object(arguments, ns);
  make_preflight(out, arguments.name, ns);
  return out;
}

kube::Json experiment_object(const Arguments& arguments, const std::string& ns) {
  kube::Json out = kube::parse_json(spec::manifest_text(arguments.loads, arguments.name));
  out["metadata"] = {{"namespace", ns}};
  if (arguments.name.empty()) {
    out["metadata"]["generateName"] = "duress-";
  } else {
    out["metadata"]["name"] = arguments.name;
  }
  kube::Json& spec = out["spec"];
  const spec::Selection& selection = arguments.selection;
  spec["mode"] = mode_text(selection.mode);
  if (selection.value > 0) spec["value"] = std::to_string(selection.value);
  spec["selector"] = {{"namespaces", {ns}}, {"labelSelectors", selection.selector.labels}};
  if (!selection.container_names.empty()) spec["containerNames"] = selection.container_names;
  if (arguments.duration) spec["duration"] = format_duration(*arguments.duration);
  return out;
}

}  // namespace duress::kubectl
