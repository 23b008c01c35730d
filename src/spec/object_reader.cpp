#include "spec/object_reader.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "base/text.h"

namespace duress::spec {

namespace {

constexpr std::size_t kMostLabel = 63;
constexpr std::size_t kMostSubdomain = 253;

bool is_lower_alnum(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

bool is_dns_label(std::string_view name) {
  if (name.empty() || name.size() > kMostLabel) return false;
  const auto inside = [](char c) { return is_lower_alnum(c) || c == '-'; };
  return is_lower_alnum(name.front()) && is_lower_alnum(name.back()) &&
         std::ranges::all_of(name, inside);
}

bool is_dns_subdomain(std::string_view name) {
  if (name.size() > kMostSubdomain) return false;
  while (true) {
    const std::size_t dot = name.find('.');
    const std::string_view part = name.substr(0, dot);
    const auto inside = [](char c) { return is_lower_alnum(c) || c == '-'; };
    if (part.empty() || !is_lower_alnum(part.front()) || !is_lower_alnum(part.back()) ||
        !std::ranges::all_of(part, inside)) {
      return false;
    }
    if (dot == std::string_view::npos) return true;
    name.remove_prefix(dot + 1);
  }
}

// What YAML 1.1, which kubectl reads, makes no text of.
bool is_bare_other(std::string_view text) {
  constexpr std::array<std::string_view, 8> words = {"true", "false", "yes", "no",
                                                     "on",   "off",   "y",   "n"};
  std::string lower;
  for (const char c : text) lower += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  if (std::ranges::find(words, lower) != words.end()) return true;
  if (lower.starts_with('+') || lower.starts_with('-')) lower.erase(0, 1);
  if (lower.empty()) return false;
  const auto digits = std::ranges::count_if(lower, [](char c) { return c >= '0' && c <= '9'; });
  const auto points = std::ranges::count(lower, '.');
  return digits > 0 && points <= 1 && digits + points == std::ssize(lower);
}

}  // namespace

void PodNotes::no_effect(std::string_view field, std::string_view why) {
  auto found = std::ranges::find(fields_by_reason_, why,
                                 &std::pair<std::string, std::vector<std::string>>::first);
  if (found == fields_by_reason_.end()) {
    found = fields_by_reason_.insert(found, {std::string(why), {}});
  }
  if (std::ranges::find(found->second, field) == found->second.end()) {
    found->second.emplace_back(field);
  }
}

void PodNotes::say(std::string line) {
  if (std::ranges::find(lines_, line) == lines_.end()) lines_.push_back(std::move(line));
}

std::vector<std::string> PodNotes::lines() const {
  std::vector<std::string> out;
  for (const auto& [why, fields] : fields_by_reason_) {
    out.push_back("no effect here: " + listed(fields, "and") + ": " + why);
  }
  out.insert(out.end(), lines_.begin(), lines_.end());
  return out;
}

void ObjectReader::refuse(const std::string& path, const YamlNode& given, std::string message) {
  problems_.add(path, given.shown(), std::move(message));
}

void ObjectReader::missing(const std::string& path, std::string_view message) {
  problems_.add(path, "", "missing: " + std::string(message));
}

bool ObjectReader::object(const YamlNode& node, const std::string& path,
                          std::span<const KnownField> fields) {
  if (!problems_.is_map(node, path)) return false;
  std::vector<std::string_view> names;
  for (const KnownField& field : fields) names.push_back(field.name);
  for (const YamlMember& member : node.members) {
    const auto found = std::ranges::find(fields, member.name, &KnownField::name);
    if (found == fields.end()) {
      problems_.unknown(path, member.name, names);
    } else if (says_nothing(member.value)) {
      continue;
    } else if (found->treatment == Treatment::kNoEffect) {
      notes_.no_effect(member.name, found->why);
    } else if (found->treatment == Treatment::kRefused) {
      problems_.add(below(path, member.name), "", "not to be had here: " + std::string(found->why));
    }
  }
  return true;
}

std::optional<std::string> ObjectReader::text(const YamlNode& node, const std::string& path) {
  if (!problems_.is_scalar(node, path, "a text")) return std::nullopt;
  if (node.plain && is_bare_other(node.text)) {
    refuse(path, node, "a text: put it in quotes, as \"" + quoted(node.text) + "\"");
    return std::nullopt;
  }
  return node.text;
}

std::optional<std::string> ObjectReader::text(const YamlNode& parent, std::string_view name,
                                              const std::string& path) {
  const YamlNode* node = parent.find(name);
  if (node == nullptr) return std::nullopt;
  return text(*node, below(path, name));
}

std::optional<std::int64_t> ObjectReader::number(const YamlNode& node, const std::string& path,
                                                 std::int64_t least, std::int64_t most) {
  const std::string allowed = std::to_string(least) + " to " + std::to_string(most);
  if (!problems_.is_scalar(node, path, allowed)) return std::nullopt;
  const auto value = parse_integer(node.text);
  if (value && !node.plain) {
    refuse(path, node, "a number: leave out the quotes");
    return std::nullopt;
  }
  if (value && *value >= least && *value <= most) return *value;
  refuse(path, node, allowed);
  return std::nullopt;
}

std::optional<std::int64_t> ObjectReader::number(const YamlNode& parent, std::string_view name,
                                                 const std::string& path, std::int64_t least,
                                                 std::int64_t most) {
  const YamlNode* node = parent.find(name);
  if (node == nullptr) return std::nullopt;
  return number(*node, below(path, name), least, most);
}

std::optional<bool> ObjectReader::flag(const YamlNode& parent, std::string_view name,
                                       const std::string& path) {
  const YamlNode* node = parent.find(name);
  if (node == nullptr) return std::nullopt;
  if (!problems_.is_scalar(*node, below(path, name), "true or false")) return std::nullopt;
  if (node->plain && node->text == "true") return true;
  if (node->plain && node->text == "false") return false;
  refuse(below(path, name), *node, "true or false, without quotes");
  return std::nullopt;
}

std::vector<std::string> ObjectReader::texts(const YamlNode& parent, std::string_view name,
                                             const std::string& path) {
  std::vector<std::string> out;
  const YamlNode* node = parent.find(name);
  if (node == nullptr) return out;
  problems_.for_items(*node, below(path, name),
                      [&](const YamlNode& item, const std::string& item_path) {
                        if (item.is_null()) return refuse(item_path, item, "a text");
                        if (auto word = text(item, item_path)) out.push_back(std::move(*word));
                      });
  return out;
}

std::map<std::string, std::string> ObjectReader::pairs(const YamlNode& parent,
                                                       std::string_view name,
                                                       const std::string& path) {
  std::map<std::string, std::string> out;
  const YamlNode* node = parent.find(name);
  if (node == nullptr || !problems_.is_map(*node, below(path, name))) return out;
  for (const YamlMember& member : node->members) {
    const std::string full = below(below(path, name), member.name);
    std::optional<std::string> value = "";
    if (!member.value.is_null()) value = text(member.value, full);
    if (value) out[member.name] = std::move(*value);
  }
  return out;
}

bool ObjectReader::dns_label(const std::string& name, const std::string& path) {
  if (is_dns_label(name)) return true;
  problems_.add(path, quoted(name),
                "lower-case letters, digits and -, up to 63, a letter or digit first and last");
  return false;
}

bool ObjectReader::dns_subdomain(const std::string& name, const std::string& path) {
  if (is_dns_subdomain(name)) return true;
  problems_.add(path, quoted(name),
                "lower-case letters, digits, - and ., up to 253, a letter or digit first and last");
  return false;
}

bool says_nothing(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return true;
    case YamlNode::Kind::kScalar:
      return node.text.empty() || (node.plain && node.text == "false");
    case YamlNode::Kind::kList:
      return node.items.empty();
    case YamlNode::Kind::kMap:
      return node.members.empty();
  }
  return false;
}

std::string listed(const std::vector<std::string>& words, std::string_view last) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) out += i + 1 == words.size() ? " " + std::string(last) + " " : ", ";
    out += words[i];
  }
  return out;
}

}  // namespace duress::spec
