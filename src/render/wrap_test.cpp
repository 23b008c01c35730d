#include "render/wrap.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "render/table.h"

namespace duress::render {
namespace {

using ::testing::ElementsAre;

TEST(Wrap, KeepsWordsWhole) {
  EXPECT_THAT(wrapped("one two three", 7), ElementsAre("one two", "three"));
  EXPECT_THAT(wrapped("one two three", 13), ElementsAre("one two three"));
  EXPECT_THAT(wrapped("one  two\nthree", 80), ElementsAre("one two three"));
}

TEST(Wrap, CutsWhatIsLongerThanALine) {
  EXPECT_THAT(wrapped("a 0123456789 b", 4), ElementsAre("a", "0123", "4567", "89 b"));
}

TEST(Wrap, GivesOneEmptyLineForNothing) {
  EXPECT_THAT(wrapped("", 10), ElementsAre(""));
  EXPECT_THAT(wrapped("  ", 10), ElementsAre(""));
}

TEST(Wrap, CountsCharactersNotBytes) {
  EXPECT_THAT(wrapped("\u00e4\u00f6\u00fc \u00e4\u00f6\u00fc", 7),
              ElementsAre("\u00e4\u00f6\u00fc \u00e4\u00f6\u00fc"));
  EXPECT_THAT(wrapped("\u00e4\u00f6\u00fc", 2), ElementsAre("\u00e4\u00f6", "\u00fc"));
}

TEST(Wrap, EveryLineFitsWhateverTheWidth) {
  const std::string text = "usage rose to 488 MiB of 500 MiB, /kubepods/burstable/pod0123456789";
  for (std::size_t columns = 1; columns < 90; ++columns) {
    for (const std::string& line : wrapped(text, columns)) EXPECT_LE(width(line), columns);
  }
}

TEST(Paragraph, IndentsTheLinesAfterTheFirst) {
  EXPECT_EQ(paragraph("- ", "one two three", 9), "- one two\n  three\n");
}

}  // namespace
}  // namespace duress::render
