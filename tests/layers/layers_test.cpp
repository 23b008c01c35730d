// Compares every include of src/ with layers.txt, and looks for a cgroup version's file names where
// none belong. It does not compile anything: it reads text, and its own rules are tested on made-up
// trees first.
#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

using Files = std::map<std::string, std::string>;  // path below src/ -> text

struct Rules {
  std::map<std::string, std::set<std::string>> may_use;
  std::set<std::tuple<std::string, std::string>> allowed;  // path, name
  std::vector<std::string> wrong;  // what is wrong with the rules themselves
};

constexpr std::array<std::string_view, 7> kVersionNames = {"memory.current",
                                                           "memory.usage_in_bytes",
                                                           "memory.oom_control",
                                                           "memory.high",
                                                           "cpu.max",
                                                           "cgroup.subtree_control",
                                                           "cpuacct"};

void read_allowance(std::istringstream& line, Rules& rules) {
  std::string path;
  std::string name;
  std::string reason;
  line >> path >> name >> reason;
  if (reason.empty()) rules.wrong.push_back("allow " + path + ": say the name and the reason");
  rules.allowed.emplace(path, name);
}

void read_row(std::string folder, std::istringstream& line, Rules& rules) {
  folder.pop_back();  // the colon
  std::set<std::string> uses{folder};
  for (std::string used; line >> used;) {
    if (used == "*") {
      for (const auto& [above, unused] : rules.may_use) uses.insert(above);
    } else if (rules.may_use.contains(used)) {
      uses.insert(used);
    } else {
      rules.wrong.push_back(folder + " uses " + used + ", which has no row above it");
    }
  }
  if (!rules.may_use.emplace(folder, uses).second) rules.wrong.push_back(folder + " has two rows");
}

Rules read_rules(std::istream&& text) {
  Rules rules;
  for (std::string raw; std::getline(text, raw);) {
    std::istringstream line(raw.substr(0, raw.find('#')));
    std::string first;
    if (!(line >> first)) continue;
    if (first == "allow") {
      read_allowance(line, rules);
    } else if (first.ends_with(':')) {
      read_row(first, line, rules);
    } else {
      rules.wrong.push_back("not a row: " + raw);
    }
  }
  return rules;
}

// Where the comment that begins at `at` ends, or `at` where none begins.
std::size_t skip_comment(std::string_view text, std::size_t at) {
  if (text.substr(at, 2) == "//") return std::min(text.find('\n', at), text.size());
  if (text.substr(at, 2) != "/*") return at;
  const auto end = text.find("*/", at + 2);
  return end == std::string_view::npos ? text.size() : end + 2;
}

// The string literal that begins at `at` (its quote), and where it ends. Raw ones begin at the
// quote too.
std::pair<std::string, std::size_t> literal(std::string_view text, std::size_t at) {
  if (at > 0 && text[at - 1] == 'R') {
    const auto open = text.find('(', at);
    if (open != std::string_view::npos) {
      const auto close = ")" + std::string(text.substr(at + 1, open - at - 1)) + "\"";
      const auto end = std::min(text.find(close, open), text.size());
      return {std::string(text.substr(open + 1, end - open - 1)), end + close.size()};
    }
  }
  auto end = at + 1;
  while (end < text.size() && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
  return {std::string(text.substr(at + 1, std::min(end, text.size()) - at - 1)), end + 1};
}

// What stands between quotes outside of comments, includes too: code that says target.cpu.max is no
// file's name.
std::vector<std::string> literals(std::string_view text) {
  std::vector<std::string> found;
  for (std::size_t at = 0; at < text.size();) {
    if (const auto after = skip_comment(text, at); after != at) {
      at = after;
    } else if (text[at] == '"') {
      auto [value, end] = literal(text, at);
      found.push_back(std::move(value));
      at = end;
    } else if (text.substr(at, 3) == "'\"'" || text.substr(at, 4) == "'\\\"'") {
      at = text.find('\'', at + 1) + 1;
    } else {
      ++at;
    }
  }
  return found;
}

std::string folder_of(std::string_view path) { return std::string(path.substr(0, path.find('/'))); }

std::vector<std::string> includes(const std::string& text) {
  std::vector<std::string> found;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    line.erase(
        std::remove_if(line.begin(), line.end(), [](char c) { return c == ' ' || c == '\t'; }),
        line.end());
    if (!line.starts_with("#include\"")) continue;
    const auto name = line.substr(9);
    found.push_back(name.substr(0, name.find('"')));
  }
  return found;
}

bool may_know_version(const std::string& path) {
  const auto name = std::filesystem::path(path).filename().string();
  return name.starts_with("v1_") || name.starts_with("v2_") || name.ends_with("_test.cpp") ||
         name.ends_with("_test.h");
}

void check_includes(const Rules& rules, const std::string& path, const std::string& text,
                    std::vector<std::string>& wrong) {
  const auto own = rules.may_use.find(folder_of(path));
  if (own == rules.may_use.end()) {
    wrong.push_back(path + ": " + folder_of(path) + "/ has no row in layers.txt");
    return;
  }
  for (const auto& name : includes(text)) {
    if (name.find('/') == std::string::npos) {
      wrong.push_back(path + ": includes " + name + " without its folder");
    } else if (!own->second.contains(folder_of(name))) {
      wrong.push_back(path + ": includes " + name + ", which " + own->first + " may not use");
    }
  }
}

void check_names(const Rules& rules, const std::string& path, const std::string& text,
                 std::set<std::tuple<std::string, std::string>>& used,
                 std::vector<std::string>& wrong) {
  if (may_know_version(path)) return;
  const auto said = literals(text);
  for (const auto name : kVersionNames) {
    const auto holds = [&](const std::string& value) {
      return value.find(name) != std::string::npos;
    };
    if (std::ranges::none_of(said, holds)) continue;
    const std::tuple<std::string, std::string> key{path, name};
    if (rules.allowed.contains(key)) {
      used.insert(key);
    } else {
      wrong.push_back(path + ": knows " + std::string(name) +
                      "; that belongs in a v1_* or v2_* file");
    }
  }
}

std::vector<std::string> violations(const Rules& rules, const Files& files) {
  std::vector<std::string> wrong = rules.wrong;
  std::set<std::tuple<std::string, std::string>> used;
  for (const auto& [path, text] : files) {
    check_includes(rules, path, text, wrong);
    check_names(rules, path, text, used, wrong);
  }
  for (const auto& [path, name] : rules.allowed) {
    if (!used.contains({path, name}))
      wrong.push_back("allow " + path + " " + name + ": nobody needs it");
  }
  return wrong;
}

std::vector<std::string> violations(std::string_view rules, const Files& files) {
  return violations(read_rules(std::istringstream(std::string(rules))), files);
}

std::string slurp(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

Files sources(const std::filesystem::path& root) {
  Files files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(root)) {
    const auto kind = entry.path().extension();
    if (kind != ".h" && kind != ".cpp" && kind != ".c" && kind != ".S") continue;
    files.emplace(entry.path().lexically_relative(root).string(), slurp(entry.path()));
  }
  return files;
}

TEST(Layers, RefusesAnIncludeThatIsNotAllowed) {
  EXPECT_THAT(violations("base:\nos: base\n", {{"base/a.h", "#  include \"os/fd.h\"\n"}}),
              ElementsAre(HasSubstr("base may not use")));
}

TEST(Layers, AllowsTheFolderItselfAndWhatItsRowNames) {
  EXPECT_THAT(violations("base:\nos: base\n",
                         {{"os/sub/a.cpp", "#include \"os/b.h\"\n#include \"base/c.h\"\n"}}),
              IsEmpty());
}

TEST(Layers, RefusesAFolderWithoutARow) {
  EXPECT_THAT(violations("base:\n", {{"news/a.h", ""}}), ElementsAre(HasSubstr("has no row")));
}

TEST(Layers, RefusesAnIncludeThatHidesItsFolder) {
  EXPECT_THAT(violations("base:\n", {{"base/a.cpp", "#include \"a.h\"\n"}}),
              ElementsAre(HasSubstr("without its folder")));
}

TEST(Layers, RefusesARowThatUsesOneBelowIt) {
  EXPECT_THAT(violations("base: os\nos:\n", {}), ElementsAre(HasSubstr("no row above")));
}

TEST(Layers, LetsAStarUseEveryRowAbove) {
  EXPECT_THAT(violations("base:\ncli: *\n", {{"cli/a.cpp", "#include \"base/c.h\"\n"}}), IsEmpty());
}

TEST(VersionNames, AreRefusedOutsideTheVersionsFiles) {
  const std::string text = "auto f = \"/x/memory.usage_in_bytes\";";
  EXPECT_THAT(violations("base:\n", {{"base/a.cpp", text}}),
              ElementsAre(HasSubstr("belongs in a v1_*")));
  EXPECT_THAT(violations("base:\n", {{"base/v1_memory.cpp", text}, {"base/a_test.cpp", text}}),
              IsEmpty());
}

TEST(VersionNames, AreRefusedInRawStringsAndAfterAQuotedQuote) {
  EXPECT_THAT(violations("base:\n", {{"base/a.cpp", "char q = '\"'; auto f = \"cpu.max\";"}}),
              ElementsAre(HasSubstr("knows cpu.max")));
  EXPECT_THAT(violations("base:\n", {{"base/a.cpp", "auto f = R\"x(\"cpuacct\")x\";"}}),
              ElementsAre(HasSubstr("knows cpuacct")));
}

TEST(VersionNames, AreFreeInCommentsAndInCode) {
  EXPECT_THAT(
      violations("base:\n", {{"base/a.cpp",
                              "// memory.high \"cpu.max\"\n/* \"cpuacct\" */ int x = cpu.max;"}}),
      IsEmpty());
}

TEST(VersionNames, AreAllowedWhereAReasonIsGivenAndUsed) {
  const std::string_view rules = "base:\nallow base/a.cpp cpu.max help text\n";
  EXPECT_THAT(violations(rules, {{"base/a.cpp", "auto f = \"cpu.max\";"}}), IsEmpty());
  EXPECT_THAT(violations(rules, {{"base/a.cpp", ""}}), ElementsAre(HasSubstr("nobody needs it")));
  EXPECT_THAT(
      violations("base:\nallow base/a.cpp cpu.max\n", {{"base/a.cpp", "auto f = \"cpu.max\";"}}),
      ElementsAre(HasSubstr("say the name and the reason")));
}

TEST(SourceTree, KeepsTheLayersAndTheVersionsApart) {
  const std::filesystem::path root = DURESS_SOURCE_DIR;
  const auto rules = read_rules(std::ifstream(root / "tests/layers/layers.txt"));
  const auto files = sources(root / "src");
  ASSERT_TRUE(files.contains("base/error.h"));
  ASSERT_TRUE(rules.may_use.contains("base"));
  EXPECT_THAT(violations(rules, files), IsEmpty());
}

}  // namespace
