#include "spec/yaml_tree.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>

#include "base/text.h"

namespace duress::spec {

namespace {

constexpr std::string_view kWhole = "manifest";
constexpr std::ptrdiff_t kMostStructure = 2 * kMostYamlNodes;

std::string place(int line, int column) {
  return "line " + std::to_string(line + 1) + ", column " + std::to_string(column + 1);
}

// Carries a Problem through yaml-cpp's parser, which knows no other way to be stopped.
class Stop : public std::runtime_error {
 public:
  explicit Stop(Problem problem) : std::runtime_error("stop"), problem_(std::move(problem)) {}
  [[nodiscard]] const Problem& problem() const { return problem_; }

 private:
  Problem problem_;
};

class TreeBuilder final : public YAML::EventHandler {
 public:
  [[nodiscard]] YamlDocument take() { return {std::move(root_), line_}; }

  void OnDocumentStart(const YAML::Mark& mark) override {
    root_ = {};
    line_ = mark.line + 1;
    open_.clear();
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    add(mark, {});
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t /*anchor*/) override {
    refuse_anchor(mark, 1);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.text = value;
    node.plain = tag == "?";
    add(mark, std::move(node));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    open(mark, YamlNode::Kind::kList);
  }
  void OnSequenceEnd() override { open_.pop_back(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& /*tag*/, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_anchor(mark, anchor);
    open(mark, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { open_.pop_back(); }

 private:
  struct Open {
    YamlNode* node;
    bool value_follows = false;  // of a map: its last member still has no value
  };

  static void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (anchor == YAML::NullAnchor) return;
    throw Stop({place(mark.line, mark.column), "an anchor or alias (&, *)",
                "write out what it stands for; a value that begins with & or * is put in quotes"});
  }

  // Nodes that are open stay where they are: only the innermost grows.
  YamlNode* add(const YAML::Mark& mark, YamlNode node) {
    if (++nodes_ > kMostYamlNodes) {
      throw Stop(
          {std::string(kWhole), "",
           "more than " + std::to_string(kMostYamlNodes) + " values: no manifest is that large"});
    }
    if (open_.empty()) return &(root_ = std::move(node));
    Open& parent = open_.back();
    if (parent.node->kind == YamlNode::Kind::kList) {
      return &parent.node->items.emplace_back(std::move(node));
    }
    parent.value_follows = !parent.value_follows;
    if (!parent.value_follows) {
      return &(parent.node->members.back().value = std::move(node));
    }
    if (node.kind != YamlNode::Kind::kScalar) {
      throw Stop({place(mark.line, mark.column), node.shown(), "a field's name is a word"});
    }
    parent.node->members.push_back({std::move(node.text), mark.line + 1, {}});
    return nullptr;
  }

  void open(const YAML::Mark& mark, YamlNode::Kind kind) {
    if (open_.size() == kMostYamlDepth) {
      throw Stop({place(mark.line, mark.column), "",
                  "nested more than " + std::to_string(kMostYamlDepth) + " deep: no manifest is"});
    }
    YamlNode node;
    node.kind = kind;
    open_.push_back({add(mark, std::move(node))});
  }

  YamlNode root_;
  int line_ = 0;
  std::vector<Open> open_;
  std::size_t nodes_ = 0;
};

// The first byte that a text file does not have, as an offset.
std::size_t first_binary(std::string_view text) {
  const auto binary = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\t' && c != '\n' && c != '\r') || byte == 0x7F;
  };
  const auto* const found = std::ranges::find_if(text, binary);
  return static_cast<std::size_t>(found - text.begin());
}

// Marks that structure YAML. The scanner reads a whole line of them before it tells anybody, so
// what could hold more values than are taken is refused by counting.
bool is_structure(char c) { return std::string_view("[{,:&*!\n").contains(c); }

std::optional<Problem> unreadable(std::string_view text) {
  const auto whole = [](std::string given, std::string message) {
    return Problem{std::string(kWhole), std::move(given), std::move(message)};
  };
  if (text.size() > kMostYaml) {
    return whole(format_bytes({static_cast<std::int64_t>(text.size())}), "up to 1 MiB");
  }
  const std::size_t at = first_binary(text);
  if (at != text.size()) {
    return whole("", "not text: byte " + std::to_string(at) + " is " + quoted(text.substr(at, 1)) +
                         "; a manifest in YAML or JSON is needed");
  }
  if (!is_utf8(text)) return whole("", "not UTF-8 text: save it as UTF-8");
  if (std::ranges::count_if(text, is_structure) > kMostStructure) {
    return whole("", "more than " + std::to_string(kMostStructure) +
                         " lines, commas, colons and brackets: no manifest is that large");
  }
  return std::nullopt;
}

std::vector<YamlDocument> all_documents(std::istringstream& stream) {
  YAML::Parser parser(stream);
  TreeBuilder builder;
  std::vector<YamlDocument> found;
  while (parser.HandleNextDocument(builder)) {
    YamlDocument document = builder.take();
    if (!document.root.is_null()) found.push_back(std::move(document));
  }
  return found;
}

}  // namespace

const YamlNode* YamlNode::find(std::string_view name) const {
  const auto member = std::ranges::find(members, name, &YamlMember::name);
  return member == members.end() || member->value.is_null() ? nullptr : &member->value;
}

std::string YamlNode::shown() const {
  switch (kind) {
    case Kind::kNull:
      return "nothing";
    case Kind::kScalar:
      return quoted(text);
    case Kind::kList:
      return "a list";
    case Kind::kMap:
      return "a map";
  }
  return {};
}

std::expected<std::vector<YamlDocument>, Problem> parse_yaml_stream(std::string_view text) {
  if (auto problem = unreadable(text)) return std::unexpected(std::move(*problem));
  try {
    std::istringstream stream{std::string(text)};
    return all_documents(stream);
  } catch (const Stop& stop) {
    return std::unexpected(stop.problem());
  } catch (const YAML::Exception& wrong) {
    return std::unexpected(
        Problem{place(wrong.mark.line, wrong.mark.column), "", "not YAML: " + quoted(wrong.msg)});
  } catch (const std::exception& wrong) {
    return std::unexpected(
        Problem{std::string(kWhole), "", "not YAML: " + quoted(std::string_view(wrong.what()))});
  }
}

std::expected<YamlNode, Problem> parse_yaml(std::string_view text) {
  const auto whole = [](std::string given, std::string message) {
    return std::unexpected(Problem{std::string(kWhole), std::move(given), std::move(message)});
  };
  auto documents = parse_yaml_stream(text);
  if (!documents) return std::unexpected(std::move(documents.error()));
  if (trim(text).empty()) return whole("", "empty: a StressChaos manifest is needed");
  if (documents->empty()) return YamlNode{};
  if (documents->size() == 1) return std::move(documents->front().root);
  return whole(std::to_string(documents->size()) + " documents",
               "one StressChaos a file; split it at the --- lines");
}

}  // namespace duress::spec
