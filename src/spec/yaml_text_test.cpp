#include "spec/yaml_text.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "spec/yaml_tree.h"

namespace duress::spec {
namespace {

using Json = nlohmann::ordered_json;

// The text that a reader of YAML sees in the place of `value`.
std::string read_back(const std::string& value) {
  const auto tree = parse_yaml(yaml_text({{"a", {{"b", value}}}}));
  EXPECT_TRUE(tree) << value;
  return tree ? tree->find("a")->find("b")->text : "";
}

TEST(YamlText, IsWrittenAsPeopleWriteIt) {
  const Json value = {{"name", "a"},
                      {"empty", Json::object()},
                      {"none", Json::array()},
                      {"list", Json::array({{{"x", 1}, {"y", Json::array({"p"})}}, "text"})},
                      {"inner", {{"deep", true}}}};
  EXPECT_EQ(yaml_text(value),
            "name: a\nempty: {}\nnone: []\nlist:\n- x: 1\n  \"y\":\n  - p\n- text\n"
            "inner:\n  deep: true\n");
}

TEST(YamlText, ReadsBackAsTheSameText) {
  for (const char* text :
       {"",           "plain",       "two words",   "true", "No",    "null", "~",
        "12",         "1.5",         "- dash",      "a: b", "a #b",  "a:",   "'quoted'",
        "\"double\"", "back\\slash", "line\nbreak", "µs",   "[list", "{map", "*x",
        "&x",         "!x",          "%x",          "@x",   "`x",    "a ",   " a",
        "x, y",       "{} is all",   "2026-01-01"}) {
    EXPECT_EQ(read_back(text), text);
  }
}

}  // namespace
}  // namespace duress::spec
