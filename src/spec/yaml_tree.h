// YAML or JSON documents as trees of plain values that keep what a user may have got wrong:
// repeated names, kinds, lines. It knows no field of a manifest, and takes no anchors, no aliases
// and no depth that a manifest has no use for. Plain value; any thread; yaml-cpp and its exceptions
// end here.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "spec/problem.h"

namespace duress::spec {

struct YamlMember;

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };

  Kind kind = Kind::kNull;
  std::string text;                 // of a scalar
  bool plain = false;               // of a scalar: without quotes, so it may be a number
  std::vector<YamlNode> items;      // of a list
  std::vector<YamlMember> members;  // of a map, as written: a name may come twice

  [[nodiscard]] bool is_null() const { return kind == Kind::kNull; }

  // The first member of that name; nullptr: none, or null.
  [[nodiscard]] const YamlNode* find(std::string_view name) const;

  // For messages: the text, fit to print, or "a list", "a map", "nothing".
  [[nodiscard]] std::string shown() const;
};

struct YamlMember {
  std::string name;
  int line = 0;  // counted from 1
  YamlNode value;
};

inline constexpr std::size_t kMostYaml = 1U << 20U;
inline constexpr std::size_t kMostYamlDepth = 32;
inline constexpr std::size_t kMostYamlNodes = 50'000;

// The one document in `text`; documents without content do not count.
[[nodiscard]] std::expected<YamlNode, Problem> parse_yaml(std::string_view text);

struct YamlDocument {
  YamlNode root;
  int line = 0;  // where it begins, counted from 1
};

// All documents in `text`, split at the --- lines, without those that have no content.
[[nodiscard]] std::expected<std::vector<YamlDocument>, Problem> parse_yaml_stream(
    std::string_view text);

}  // namespace duress::spec
