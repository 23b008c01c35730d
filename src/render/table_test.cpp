#include "render/table.h"

#include <gtest/gtest.h>

namespace duress::render {
namespace {

TEST(Table, AlignsNumbersToTheRight) {
  EXPECT_EQ(table({{"name"}, {"held", true}}, {{"a", "50 MiB"}, {"long", "5 B"}}),
            "name    held\n"
            "a     50 MiB\n"
            "long     5 B\n");
}

TEST(Table, CountsUtf8CharactersNotBytes) {
  EXPECT_EQ(width("µs"), 2U);
  EXPECT_EQ(table({{""}, {""}}, {{"µ", "x"}, {"ab", "y"}}), "µ   x\nab  y\n");
}

TEST(Table, ToleratesAShortRow) { EXPECT_EQ(table({{"a"}, {"b"}}, {{"1"}}), "a  b\n1\n"); }

TEST(LiveLine, IsSilentWhereTheStreamIsNoTerminal) {
  std::FILE* file = std::tmpfile();
  LiveLine line(file);
  line.show("50 MiB");
  line.clear();
  EXPECT_EQ(std::ftell(file), 0);
  EXPECT_FALSE(line.is_live());
  std::fclose(file);
}

}  // namespace
}  // namespace duress::render
