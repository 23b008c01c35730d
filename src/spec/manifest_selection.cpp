#include <algorithm>
#include <array>

#include "base/text.h"
#include "spec/manifest_reader.h"

namespace duress::spec {

namespace {

constexpr std::array<std::string_view, 9> kSelectors = {"namespaces",
                                                        "labelSelectors",
                                                        "annotationSelectors",
                                                        "expressionSelectors",
                                                        "fieldSelectors",
                                                        "nodeSelectors",
                                                        "nodes",
                                                        "pods",
                                                        "podPhaseSelectors"};
constexpr std::array<std::string_view, 3> kExpression = {"key", "operator", "values"};

template <class E>
struct Name {
  std::string_view name;
  E value;
};
constexpr std::array<Name<PickMode>, 5> kModes = {
    {{"one", PickMode::kOne},
     {"all", PickMode::kAll},
     {"fixed", PickMode::kFixed},
     {"fixed-percent", PickMode::kFixedPercent},
     {"random-max-percent", PickMode::kRandomMaxPercent}}};
constexpr std::array<Name<Operator>, 4> kOperators = {{{"In", Operator::kIn},
                                                       {"NotIn", Operator::kNotIn},
                                                       {"Exists", Operator::kExists},
                                                       {"DoesNotExist", Operator::kDoesNotExist}}};

// What an API server can select Pods by: pkg/registry/core/pod/strategy.go, ToSelectableFields.
constexpr std::array<std::string_view, 10> kFields = {
    "metadata.name",      "metadata.namespace",      "spec.nodeName",    "spec.restartPolicy",
    "spec.schedulerName", "spec.serviceAccountName", "spec.hostNetwork", "status.phase",
    "status.podIP",       "status.nominatedNodeName"};
constexpr std::array<std::string_view, 5> kPhases = {"Pending", "Running", "Succeeded", "Failed",
                                                     "Unknown"};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

std::string joined(const Labels& pairs) {
  std::string out;
  for (const auto& [key, value] : pairs) out += (out.empty() ? "" : " ") + key + "=" + value;
  return out;
}

bool takes_value(PickMode mode) { return mode != PickMode::kOne && mode != PickMode::kAll; }

class SelectionReader {
 public:
  explicit SelectionReader(ManifestProblems& problems) : problems_(problems) {}

  ReadSelection read(const YamlNode& spec) {
    if (const YamlNode* selector = spec.find("selector")) read_selector(*selector);
    if (const YamlNode* names = spec.find("containerNames")) {
      out_.selection.container_names = problems_.texts(*names, "spec.containerNames");
      say("containers", joined(out_.selection.container_names));
    }
    const YamlNode* mode = spec.find("mode");
    const bool known = mode != nullptr && read_mode(*mode);
    read_value(spec.find("value"), known);
    if (out_.summary.empty()) out_.summary = "every Pod of the namespace";
    out_.summary = quoted(out_.summary, 200);
    return std::move(out_);
  }

 private:
  void say(std::string_view what, const std::string& who) {
    if (who.empty()) return;
    out_.summary += (out_.summary.empty() ? "" : ", ") + std::string(what) + " " + who;
  }

  bool read_mode(const YamlNode& mode) {
    constexpr std::string_view allowed = "one, all, fixed, fixed-percent or random-max-percent";
    if (!problems_.is_scalar(mode, "spec.mode", allowed)) return false;
    const auto* const found = std::ranges::find(kModes, mode.text, &Name<PickMode>::name);
    if (found == kModes.end()) {
      problems_.add("spec.mode", quoted(mode.text), std::string(allowed));
      return false;
    }
    out_.selection.mode = found->value;
    out_.mode_given = true;
    say("mode", mode.text);
    return true;
  }

  // `known`: there is a mode, and it says whether there has to be a value.
  void read_value(const YamlNode* node, bool known) {
    const std::string path = "spec.value";
    if (node != nullptr && !problems_.is_scalar(*node, path, "a number")) return;
    const std::string_view text = node == nullptr ? std::string_view() : trim(node->text);
    const PickMode mode = out_.selection.mode;
    if (!known || !takes_value(mode)) {
      if (known && !text.empty()) {
        out_.notes.push_back(path + " has no meaning with this mode, which takes none");
      }
      return;
    }
    const bool fixed = mode == PickMode::kFixed;
    constexpr int kMostFixed = 1'000'000;
    const std::string allowed = fixed ? "a number of Pods, 1 or more" : "a percentage, 1 to 100";
    if (text.empty()) return problems_.add(path, "", "missing: " + allowed);
    const auto value = parse_integer(text);
    if (!value || *value < 1 || *value > (fixed ? kMostFixed : 100)) {
      return problems_.add(path, quoted(text), allowed);
    }
    out_.selection.value = static_cast<int>(*value);
    out_.summary += " " + std::string(text);
  }

  void read_selector(const YamlNode& selector) {
    const std::string path = "spec.selector";
    if (!problems_.is_map(selector, path, kSelectors)) return;
    for (const YamlMember& member : selector.members) {
      if (std::ranges::find(kSelectors, member.name) == kSelectors.end()) continue;
      say(member.name, read_one(member, below(path, member.name)));
    }
    if (!out_.selection.selector.pods.empty() && selector.members.size() > 1) {
      out_.notes.push_back(below(path, "pods") + " names the Pods: the other selectors do nothing");
    }
  }

  // Fills its part of the selector, and says it in words.
  std::string read_one(const YamlMember& member, const std::string& path) {
    Selector& into = out_.selection.selector;
    const std::string_view name = member.name;
    if (name == "pods") return read_pods(member.value, path);
    if (name == "expressionSelectors") return read_expressions_said(member.value, path);
    if (name == "namespaces") return joined(into.namespaces = problems_.texts(member.value, path));
    if (name == "nodes") return joined(into.nodes = problems_.texts(member.value, path));
    if (name == "podPhaseSelectors") return read_phases(member.value, path);
    if (name == "labelSelectors") return joined(into.labels = read_pairs(member.value, path));
    if (name == "nodeSelectors") return joined(into.node_labels = read_pairs(member.value, path));
    if (name == "annotationSelectors") {
      return joined(into.annotations = read_pairs(member.value, path));
    }
    into.fields = read_pairs(member.value, path);
    for (const auto& [field, value] : into.fields) {
      if (std::ranges::find(kFields, field) != kFields.end()) continue;
      problems_.unknown(path, field, kFields);
    }
    return joined(into.fields);
  }

  Labels read_pairs(const YamlNode& node, const std::string& path) {
    Labels out;
    if (node.is_null() || !problems_.is_map(node, path)) return out;
    for (const YamlMember& pair : node.members) {
      const bool empty = pair.value.is_null();
      if (!empty && !problems_.is_scalar(pair.value, below(path, pair.name), "a single value")) {
        continue;
      }
      out[pair.name] = pair.value.text;
    }
    return out;
  }

  std::string read_phases(const YamlNode& node, const std::string& path) {
    std::vector<std::string>& phases = out_.selection.selector.phases;
    phases = problems_.texts(node, path);
    for (const std::string& phase : phases) {
      const std::string_view name = std::string_view(phase).substr(phase.starts_with('!') ? 1 : 0);
      if (std::ranges::find(kPhases, name) != kPhases.end()) continue;
      problems_.add(path, quoted(phase),
                    "Pending, Running, Succeeded, Failed or Unknown; with ! before it, any other");
    }
    return joined(phases);
  }

  std::string read_pods(const YamlNode& node, const std::string& path) {
    std::vector<std::string> out;
    if (node.is_null() || !problems_.is_map(node, path)) return {};
    for (const YamlMember& space : node.members) {
      auto names = problems_.texts(space.value, below(path, space.name));
      for (const std::string& pod : names) out.push_back(space.name + "/" + pod);
      if (!names.empty()) out_.selection.selector.pods[space.name] = std::move(names);
    }
    return joined(out);
  }

  std::string read_expressions_said(const YamlNode& node, const std::string& path) {
    std::vector<Expression>& expressions = out_.selection.selector.expressions;
    expressions = read_expressions(node, path, problems_);
    std::vector<std::string> said;
    for (const Expression& one : expressions) {
      const auto* const op = std::ranges::find(kOperators, one.op, &Name<Operator>::value);
      said.push_back(one.key + " " + std::string(op->name) +
                     (one.values.empty() ? "" : " (" + joined(one.values) + ")"));
    }
    return joined(said);
  }

  ManifestProblems& problems_;
  ReadSelection out_;
};

// The text of one of key and operator; unset: missing or wrong, and told.
std::optional<std::string> word_of(const YamlNode& item, std::string_view part,
                                   const std::string& path, ManifestProblems& problems) {
  const YamlNode* word = item.find(part);
  if (word == nullptr) {
    problems.add(below(path, part), "", "missing: an expression needs key and operator");
    return std::nullopt;
  }
  if (!problems.is_scalar(*word, below(path, part), "a single value")) return std::nullopt;
  return word->text;
}

std::optional<Expression> read_expression(const YamlNode& item, const std::string& path,
                                          ManifestProblems& problems) {
  if (!problems.is_map(item, path, kExpression)) return std::nullopt;
  const auto key = word_of(item, "key", path, problems);
  const auto word = word_of(item, "operator", path, problems);
  Expression out;
  const YamlNode* values = item.find("values");
  if (values != nullptr) out.values = problems.texts(*values, below(path, "values"));
  if (!key || !word) return std::nullopt;
  out.key = *key;
  const auto* const op = std::ranges::find(kOperators, *word, &Name<Operator>::name);
  if (op == kOperators.end()) {
    problems.add(below(path, "operator"), quoted(*word), "In, NotIn, Exists or DoesNotExist");
    return std::nullopt;
  }
  out.op = op->value;
  const bool listing = out.op == Operator::kIn || out.op == Operator::kNotIn;
  if (listing && out.values.empty()) {
    problems.add(below(path, "values"), "", "missing: " + *word + " needs at least one");
  } else if (!listing && !out.values.empty()) {
    problems.add(below(path, "values"), "", "leave it out: " + *word + " takes none");
  }
  return out;
}

}  // namespace

std::vector<Expression> read_expressions(const YamlNode& node, const std::string& path,
                                         ManifestProblems& problems) {
  std::vector<Expression> out;
  problems.for_items(node, path, [&](const YamlNode& item, const std::string& item_path) {
    if (auto one = read_expression(item, item_path, problems)) out.push_back(std::move(*one));
  });
  return out;
}

ReadSelection read_selection(const YamlNode& spec, ManifestProblems& problems) {
  return SelectionReader(problems).read(spec);
}

}  // namespace duress::spec
