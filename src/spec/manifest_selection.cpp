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
constexpr std::array<std::string_view, 5> kModes = {"one", "all", "fixed", "fixed-percent",
                                                    "random-max-percent"};

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : " ") + word;
  return out;
}

class SelectionReader {
 public:
  explicit SelectionReader(ManifestProblems& problems) : problems_(problems) {}

  std::string read(const YamlNode& spec) {
    if (const YamlNode* selector = spec.find("selector")) read_selector(*selector);
    if (const YamlNode* names = spec.find("containerNames")) {
      say("containers", joined(problems_.texts(*names, "spec.containerNames")));
    }
    const YamlNode* mode = spec.find("mode");
    if (mode != nullptr && check_mode(*mode)) say("mode", mode->text);
    if (const YamlNode* value = spec.find("value");
        value != nullptr && problems_.is_scalar(*value, "spec.value", "a number")) {
      summary_ += mode != nullptr ? " " + value->text : "";
    }
    return quoted(summary_.empty() ? "every Pod of the namespace" : summary_, 200);
  }

 private:
  void say(std::string_view what, const std::string& who) {
    if (who.empty()) return;
    summary_ += (summary_.empty() ? "" : ", ") + std::string(what) + " " + who;
  }

  bool check_mode(const YamlNode& mode) {
    constexpr std::string_view allowed = "one, all, fixed, fixed-percent or random-max-percent";
    if (!problems_.is_scalar(mode, "spec.mode", allowed)) return false;
    if (std::ranges::find(kModes, mode.text) != kModes.end()) return true;
    problems_.add("spec.mode", quoted(mode.text), std::string(allowed));
    return false;
  }

  void read_selector(const YamlNode& selector) {
    const std::string path = "spec.selector";
    if (!problems_.is_map(selector, path, kSelectors)) return;
    for (const YamlMember& member : selector.members) {
      if (std::ranges::find(kSelectors, member.name) == kSelectors.end()) continue;
      say(member.name, read_one(member, below(path, member.name)));
    }
  }

  std::string read_one(const YamlMember& selector, const std::string& path) {
    const std::string_view name = selector.name;
    if (name == "pods") return read_pods(selector.value, path);
    if (name == "expressionSelectors") return read_expressions(selector.value, path);
    if (name == "namespaces" || name == "nodes" || name == "podPhaseSelectors") {
      return joined(problems_.texts(selector.value, path));
    }
    return read_pairs(selector.value, path);
  }

  std::string read_pairs(const YamlNode& node, const std::string& path) {
    std::vector<std::string> out;
    if (node.is_null() || !problems_.is_map(node, path)) return {};
    for (const YamlMember& pair : node.members) {
      const bool empty = pair.value.is_null();
      if (!empty && !problems_.is_scalar(pair.value, below(path, pair.name), "a single value")) {
        continue;
      }
      out.push_back(pair.name + "=" + pair.value.text);
    }
    return joined(out);
  }

  std::string read_pods(const YamlNode& node, const std::string& path) {
    std::vector<std::string> out;
    if (node.is_null() || !problems_.is_map(node, path)) return {};
    for (const YamlMember& space : node.members) {
      for (const std::string& pod : problems_.texts(space.value, below(path, space.name))) {
        out.push_back(space.name + "/" + pod);
      }
    }
    return joined(out);
  }

  std::string read_expressions(const YamlNode& node, const std::string& path) {
    std::vector<std::string> out;
    problems_.for_items(node, path, [&](const YamlNode& item, const std::string& item_path) {
      if (!problems_.is_map(item, item_path, kExpression)) return;
      std::string words;
      for (const std::string_view part : {kExpression[0], kExpression[1]}) {
        const YamlNode* word = item.find(part);
        if (word == nullptr) {
          problems_.add(below(item_path, part), "",
                        "missing: an expression needs key and operator");
        } else if (problems_.is_scalar(*word, below(item_path, part), "a single value")) {
          words += (words.empty() ? "" : " ") + word->text;
        }
      }
      if (const YamlNode* values = item.find(kExpression[2])) {
        words += " (" + joined(problems_.texts(*values, below(item_path, kExpression[2]))) + ")";
      }
      out.push_back(words);
    });
    return joined(out);
  }

  ManifestProblems& problems_;
  std::string summary_;
};

}  // namespace

std::string read_selection(const YamlNode& spec, ManifestProblems& problems) {
  return SelectionReader(problems).read(spec);
}

}  // namespace duress::spec
