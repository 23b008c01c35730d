// What the readers of a manifest's parts share: the list of problems, and the checks of a node's
// kind and names that fill it. It knows no field. Owned by parse_manifest for one call; one thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/problem.h"
#include "spec/selection.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

class ManifestProblems {
 public:
  void add(std::string field, std::string given, std::string message);

  // A map whose names are all known and come once; others are told with the nearest known one.
  bool is_map(const YamlNode& node, const std::string& path,
              std::span<const std::string_view> known);

  // A map with any names, each once.
  bool is_map(const YamlNode& node, const std::string& path);

  bool is_scalar(const YamlNode& node, const std::string& path, std::string_view allowed);

  // The texts of a list of single values; null is an empty list.
  std::vector<std::string> texts(const YamlNode& node, const std::string& path);

  // Calls `each` for every item of a list, with the item's path.
  void for_items(const YamlNode& node, const std::string& path,
                 const std::function<void(const YamlNode&, const std::string&)>& each);

  void unknown(const std::string& parent, std::string_view name,
               std::span<const std::string_view> known);

  [[nodiscard]] bool empty() const { return problems_.empty(); }
  [[nodiscard]] std::vector<Problem> take();

 private:
  void find_repeated(const YamlNode& node, const std::string& path);

  std::vector<Problem> problems_;
  std::size_t left_out_ = 0;
};

// "spec" + "mode" -> "spec.mode"; a name that cannot stand in a message is escaped and cut.
[[nodiscard]] std::string below(const std::string& parent, std::string_view name);

struct ReadSelection {
  Selection selection{};
  bool mode_given = false;
  std::string summary{};             // in one line, as written
  std::vector<std::string> notes{};  // what was said and means nothing
};

// selector, mode, value and containerNames of a StressChaos.
[[nodiscard]] ReadSelection read_selection(const YamlNode& spec, ManifestProblems& problems);

// Of expressionSelectors, or a workload's matchExpressions.
[[nodiscard]] std::vector<Expression> read_expressions(const YamlNode& node,
                                                       const std::string& path,
                                                       ManifestProblems& problems);

}  // namespace duress::spec
