#include "spec/manifest_reader.h"

#include <algorithm>
#include <map>

#include "base/text.h"

namespace duress::spec {

namespace {

constexpr std::size_t kMostProblems = 20;

}  // namespace

std::string below(const std::string& parent, std::string_view name) {
  return parent.empty() ? quoted(name) : parent + "." + quoted(name);
}

void ManifestProblems::add(std::string field, std::string given, std::string message) {
  if (problems_.size() == kMostProblems) {
    ++left_out_;
  } else {
    problems_.push_back({std::move(field), std::move(given), std::move(message)});
  }
}

std::vector<Problem> ManifestProblems::take() {
  if (left_out_ > 0) {
    problems_.push_back(
        {"manifest", "", std::to_string(left_out_) + " more things are wrong; mend these first"});
  }
  return std::move(problems_);
}

void ManifestProblems::unknown(const std::string& parent, std::string_view name,
                               std::span<const std::string_view> known) {
  std::string message = "unknown field: ";
  if (const auto near = nearest(name, known)) {
    message += "did you mean " + std::string(*near) + "?";
  } else {
    message += "known here: ";
    for (std::size_t i = 0; i < known.size(); ++i) {
      message += (i == 0 ? "" : ", ") + std::string(known[i]);
    }
  }
  add(below(parent, name), "", message);
}

void ManifestProblems::find_repeated(const YamlNode& node, const std::string& path) {
  std::map<std::string_view, int> first;
  for (const YamlMember& member : node.members) {
    const auto [seen, is_new] = first.insert({member.name, member.line});
    if (is_new) continue;
    add(below(path, member.name), "",
        "given twice, in lines " + std::to_string(seen->second) + " and " +
            std::to_string(member.line) + ": leave one");
  }
}

bool ManifestProblems::is_map(const YamlNode& node, const std::string& path) {
  if (node.kind != YamlNode::Kind::kMap) {
    add(path.empty() ? "manifest" : path, node.shown(), "a map of names and values");
    return false;
  }
  find_repeated(node, path);
  return true;
}

bool ManifestProblems::is_map(const YamlNode& node, const std::string& path,
                              std::span<const std::string_view> known) {
  if (!is_map(node, path)) return false;
  for (const YamlMember& member : node.members) {
    if (std::ranges::find(known, member.name) == known.end()) unknown(path, member.name, known);
  }
  return true;
}

bool ManifestProblems::is_scalar(const YamlNode& node, const std::string& path,
                                 std::string_view allowed) {
  if (node.kind == YamlNode::Kind::kScalar) return true;
  add(path, node.shown(), std::string(allowed));
  return false;
}

void ManifestProblems::for_items(
    const YamlNode& node, const std::string& path,
    const std::function<void(const YamlNode&, const std::string&)>& each) {
  if (node.is_null()) return;
  if (node.kind != YamlNode::Kind::kList) return add(path, node.shown(), "a list");
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    each(node.items[i], path + "[" + std::to_string(i) + "]");
  }
}

std::vector<std::string> ManifestProblems::texts(const YamlNode& node, const std::string& path) {
  std::vector<std::string> out;
  for_items(node, path, [&](const YamlNode& item, const std::string& item_path) {
    if (item.is_null()) return;
    if (is_scalar(item, item_path, "a single value")) out.push_back(item.text);
  });
  return out;
}

}  // namespace duress::spec
