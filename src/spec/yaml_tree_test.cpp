#include "spec/yaml_tree.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <ctime>

namespace duress::spec {
namespace {

using testing::HasSubstr;

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  out.reserve(text.size() * times);
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

// What it was refused with. The promise is 100 ms; the sanitizers slow it down by ten, and CPU time
// is what a busy machine does not stretch.
std::string refused(std::string_view text) {
  const std::clock_t start = std::clock();
  const auto tree = parse_yaml(text);
  EXPECT_LT(std::clock() - start, 1 * CLOCKS_PER_SEC);
  if (tree) return "";
  const std::string line = format_problem(tree.error());
  EXPECT_EQ(line.find('\n'), std::string::npos);
  EXPECT_LT(line.size(), 300U);
  return line;
}

TEST(YamlTree, KeepsNamesInOrderWithTheirLines) {
  const auto tree = parse_yaml("b: 1\na:\n  - x\n  - {y: z}\nb: ~\n");
  ASSERT_TRUE(tree);
  ASSERT_EQ(tree->kind, YamlNode::Kind::kMap);
  ASSERT_EQ(tree->members.size(), 3U);
  EXPECT_EQ(tree->members[0].name, "b");
  EXPECT_EQ(tree->members[0].line, 1);
  EXPECT_EQ(tree->members[0].value.text, "1");
  EXPECT_EQ(tree->members[2].line, 5);
  EXPECT_TRUE(tree->members[2].value.is_null());
  const YamlNode* list = tree->find("a");
  ASSERT_NE(list, nullptr);
  ASSERT_EQ(list->items.size(), 2U);
  EXPECT_EQ(list->items[0].text, "x");
  EXPECT_EQ(list->items[1].find("y")->text, "z");
  EXPECT_EQ(tree->find("c"), nullptr);
}

TEST(YamlTree, TellsNullFromQuotedText) {
  const auto tree = parse_yaml("a: null\nb: 'null'\nc:\nd: ''\n");
  ASSERT_TRUE(tree);
  EXPECT_EQ(tree->find("a"), nullptr);
  ASSERT_NE(tree->find("b"), nullptr);
  EXPECT_EQ(tree->find("b")->text, "null");
  EXPECT_EQ(tree->find("c"), nullptr);
  ASSERT_NE(tree->find("d"), nullptr);
}

TEST(YamlTree, RefusesAnchorsAndAliases) {
  EXPECT_THAT(refused("a: &x 1\nb: *x\n"), HasSubstr("line 1, column 4: an anchor or alias"));
  EXPECT_THAT(refused("a: &x {b: *x}\n"), HasSubstr("an anchor or alias"));
  EXPECT_THAT(refused("a: &x\n"), HasSubstr("an anchor or alias"));
  EXPECT_THAT(refused("&x a: 1\n"), HasSubstr("an anchor or alias"));
  EXPECT_THAT(refused("a: *nothing\n"), HasSubstr("line 1"));
}

TEST(YamlTree, RefusesABombQuickly) {
  std::string bomb = "a0: &a0 [lol, lol, lol]\n";
  for (int i = 1; i < 30; ++i) {
    const std::string below = "*a" + std::to_string(i - 1);
    bomb +=
        "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + below + "," + below + "]\n";
  }
  EXPECT_THAT(refused(bomb), HasSubstr("an anchor or alias"));
}

TEST(YamlTree, TakesTheDepthOfAManifestAndNoMore) {
  const auto nested = [](std::size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  EXPECT_TRUE(parse_yaml(nested(kMostYamlDepth)));
  EXPECT_THAT(refused(nested(kMostYamlDepth + 1)), HasSubstr("nested more than 32 deep"));
}

TEST(YamlTree, RefusesDeepNestingQuickly) {
  EXPECT_THAT(refused(repeated("[", 1'000'000)), HasSubstr("more than 100000 lines, commas"));
  EXPECT_THAT(refused(repeated("[", 99'999)), HasSubstr("line 1"));
  EXPECT_THAT(refused(repeated("{a: ", 45'000)), HasSubstr("line 1"));
  EXPECT_THAT(refused(repeated("- ", 500'000)), HasSubstr("nested"));
  EXPECT_THAT(refused(repeated("? ", 500'000)), HasSubstr("line 1"));
  EXPECT_THAT(refused(repeated("[\n", 45'000)), HasSubstr("line"));
}

TEST(YamlTree, RefusesTooManyValuesQuickly) {
  EXPECT_THAT(refused(repeated("- a\n", 60'000)), HasSubstr("more than 50000 values"));
  EXPECT_THAT(refused("[" + repeated("a,", 60'000) + "]"), HasSubstr("more than 50000 values"));
  EXPECT_THAT(refused("[" + repeated("a,", 500'000) + "]"), HasSubstr("no manifest is that"));
  std::string names;
  for (int i = 0; i < 45'000; ++i) names += std::to_string(i) + ":\n";
  EXPECT_THAT(refused(names), HasSubstr("more than 50000 values"));
}

TEST(YamlTree, RefusesTooMuchQuickly) {
  EXPECT_EQ(refused(std::string(10U << 20U, 'a')), "manifest: 10 MiB is not allowed: up to 1 MiB");
  EXPECT_TRUE(parse_yaml("a: " + std::string(kMostYaml - 3, 'a')));
  EXPECT_THAT(refused("a: " + std::string(kMostYaml - 2, 'a')), HasSubstr("up to 1 MiB"));
}

TEST(YamlTree, RefusesManyDocumentsQuickly) {
  EXPECT_THAT(refused(repeated("---\na\n", 20'000)), HasSubstr("20000 documents"));
  EXPECT_THAT(refused(repeated("---\n", 90'000)), HasSubstr("more than 50000 values"));
}

TEST(YamlTree, RefusesBinary) {
  EXPECT_EQ(refused(std::string_view("\x7f"
                                     "ELF\0\1",
                                     6)),
            "manifest: not text: byte 0 is \\x7f; a manifest in YAML or JSON is needed");
  EXPECT_THAT(refused(std::string_view("kind: a\0b", 9)), HasSubstr("byte 7 is \\x00"));
  EXPECT_THAT(refused("\xff\xfe"), HasSubstr("not UTF-8 text"));
  EXPECT_THAT(refused("name: gr\xf6\xdf"
                      "e"),
              HasSubstr("not UTF-8 text"));
}

TEST(YamlTree, RefusesNamesThatAreNoWords) {
  EXPECT_THAT(refused("[a]: b\n"), HasSubstr("line 1, column 1: a list is not allowed: a field's"));
  EXPECT_THAT(refused("{a: b}: c\n"), HasSubstr("a map is not allowed: a field's name is a word"));
  EXPECT_THAT(refused("~: c\n"), HasSubstr("a field's name is a word"));
}

TEST(YamlTree, RefusesBrokenYaml) {
  EXPECT_THAT(refused("a: 'b"), HasSubstr("not YAML: "));
  EXPECT_THAT(refused("a: \"\\q\""), HasSubstr("not YAML: "));
  EXPECT_THAT(refused("%YAML 3.0\n---\na"), HasSubstr("not YAML: "));
  EXPECT_THAT(refused("a: 1\n b: 2\n"), HasSubstr("not YAML: "));
}

}  // namespace
}  // namespace duress::spec
