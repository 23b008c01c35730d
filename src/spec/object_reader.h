// How one object of a Kubernetes manifest is read field by field: each name that it may have is
// honoured, has no effect here (noted), or is refused with the way out; any other is unknown. It
// knows no kind; the tables do (pod_fields.h). Owned by whoever reads a document; one thread.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/manifest_reader.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

enum class Treatment { kHonoured, kNoEffect, kRefused };

struct KnownField {
  std::string_view name;
  Treatment treatment = Treatment::kHonoured;
  std::string_view why{};  // kNoEffect: why; kRefused: what to do
};

// What has no effect, one line for each reason.
class PodNotes {
 public:
  void no_effect(std::string_view field, std::string_view why);
  void say(std::string line);
  [[nodiscard]] std::vector<std::string> lines() const;

 private:
  std::vector<std::pair<std::string, std::vector<std::string>>> fields_by_reason_;
  std::vector<std::string> lines_;
};

class ObjectReader {
 public:
  ObjectReader(ManifestProblems& problems, PodNotes& notes) : problems_(problems), notes_(notes) {}

  [[nodiscard]] ManifestProblems& problems() { return problems_; }
  [[nodiscard]] PodNotes& notes() { return notes_; }

  void refuse(const std::string& path, const YamlNode& given, std::string message);
  void missing(const std::string& path, std::string_view message);

  // Whether it is a map; its names are told by the table.
  bool object(const YamlNode& node, const std::string& path, std::span<const KnownField> fields);

  // These take a member by name; unset where it is not there, or wrong and told.
  std::optional<std::string> text(const YamlNode& parent, std::string_view name,
                                  const std::string& path);
  std::optional<std::int64_t> number(const YamlNode& parent, std::string_view name,
                                     const std::string& path, std::int64_t least,
                                     std::int64_t most);
  std::optional<bool> flag(const YamlNode& parent, std::string_view name, const std::string& path);
  std::vector<std::string> texts(const YamlNode& parent, std::string_view name,
                                 const std::string& path);
  std::map<std::string, std::string> pairs(const YamlNode& parent, std::string_view name,
                                           const std::string& path);

  // A text as the API server takes one: a bare 8080 or true is none.
  std::optional<std::string> text(const YamlNode& node, const std::string& path);
  std::optional<std::int64_t> number(const YamlNode& node, const std::string& path,
                                     std::int64_t least, std::int64_t most);

  // A name as DNS has it (RFC 1123): a label has no dots and 63 characters at most.
  bool dns_label(const std::string& name, const std::string& path);
  bool dns_subdomain(const std::string& name, const std::string& path);

 private:
  ManifestProblems& problems_;
  PodNotes& notes_;
};

// null, "", [], {} or false: said, but nothing.
[[nodiscard]] bool says_nothing(const YamlNode& node);

// "a, b and c"
[[nodiscard]] std::string listed(const std::vector<std::string>& words, std::string_view last);

}  // namespace duress::spec
