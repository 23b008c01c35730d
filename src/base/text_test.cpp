#include "base/text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <limits>

namespace duress {
namespace {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::HasSubstr;

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

std::int64_t size_of(std::string_view text) {
  const auto size = parse_size(text);
  EXPECT_TRUE(size) << text;
  return size ? size->value : -1;
}

std::string size_error(std::string_view text) {
  const auto size = parse_size(text);
  EXPECT_FALSE(size) << text << " became " << size->value;
  return size ? "" : size.error().message;
}

TEST(ParseSize, TakesPowersOf1024) {
  EXPECT_EQ(size_of("50MiB"), 50 * 1024 * 1024);
  EXPECT_EQ(size_of("500Mi"), 500 * 1024 * 1024);
  EXPECT_EQ(size_of("4Ki"), 4096);
  EXPECT_EQ(size_of("4KiB"), 4096);
  EXPECT_EQ(size_of("3GiB"), 3LL << 30);
  EXPECT_EQ(size_of("2Ti"), 2LL << 40);
  EXPECT_EQ(size_of("2PiB"), 2LL << 50);
  EXPECT_EQ(size_of("7EiB"), 7LL << 60);
}

TEST(ParseSize, TakesPowersOf1000) {
  EXPECT_EQ(size_of("50MB"), 50'000'000);
  EXPECT_EQ(size_of("50M"), 50'000'000);
  EXPECT_EQ(size_of("50m"), 50'000'000);
  EXPECT_EQ(size_of("5k"), 5'000);
  EXPECT_EQ(size_of("5KB"), 5'000);
  EXPECT_EQ(size_of("2P"), 2'000'000'000'000'000);
  EXPECT_EQ(size_of("9E"), 9'000'000'000'000'000'000);
}

TEST(ParseSize, TakesBareBytes) {
  EXPECT_EQ(size_of("100"), 100);
  EXPECT_EQ(size_of("100B"), 100);
  EXPECT_EQ(size_of("0"), 0);
  EXPECT_EQ(size_of("9223372036854775807"), kMost);
  EXPECT_EQ(size_of("0000000000000000000000000000000001"), 1);
}

TEST(ParseSize, TakesAnyCaseAndBlanks) {
  EXPECT_EQ(size_of("1 GiB"), 1 << 30);
  EXPECT_EQ(size_of(" 50 mib "), 50 << 20);
  EXPECT_EQ(size_of("50MIB"), 50 << 20);
}

TEST(ParseSize, TakesFractionsExactly) {
  EXPECT_EQ(size_of("1.5GiB"), 3LL << 29);
  EXPECT_EQ(size_of(".5G"), 500'000'000);
  EXPECT_EQ(size_of("5.G"), 5'000'000'000);
  EXPECT_EQ(size_of("0.001M"), 1000);
  EXPECT_EQ(size_of("0.1Ki"), 102);
  EXPECT_EQ(size_of("1.9"), 1);
  EXPECT_EQ(size_of("1.000000000000000000000000000000009Ei"), 1LL << 60);
}

TEST(ParseSize, RefusesWhatIsNoSize) {
  for (const std::string_view text :
       {"",    " ",   "MiB", "fifty", "1e3", "1E3", "5.5.5M", "50MiBs", "50 Mi B", "5xB", "0x10",
        "nan", "inf", "NaN", "50%",   ".",   ".M",  "+5",     "5,5M",   "1_000",   "1iB", "5bb"}) {
    EXPECT_THAT(size_error(text), HasSubstr("is not a size: write one such as 50MiB")) << text;
  }
  EXPECT_THAT(size_error(std::string_view("5\0M", 3)), HasSubstr("5\\x00M is not a size"));
}

TEST(ParseSize, RefusesNegative) {
  EXPECT_THAT(size_error("-5MiB"), HasSubstr("-5MiB is negative"));
  EXPECT_THAT(size_error("-0"), HasSubstr("negative"));
}

TEST(ParseSize, RefusesOverflow) {
  for (const std::string_view text : {"8EiB", "9223372036854775808", "7.9999999999999999999EiB1"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
  EXPECT_THAT(size_error("8EiB"), HasSubstr("8EiB is too large: a size is less than 8EiB"));
  EXPECT_THAT(size_error("9.3E"), HasSubstr("too large"));
  EXPECT_THAT(size_error("9223372036854775808"), HasSubstr("too large"));
  EXPECT_THAT(size_error("18446744073709551617"), HasSubstr("too large"));
  const std::string huge(10'000, '9');
  EXPECT_THAT(size_error(huge), AllOf(HasSubstr("...")));
  EXPECT_LT(size_error(huge).size(), 200U);
}

TEST(ParsePercent, TakesWholeAndFraction) {
  EXPECT_DOUBLE_EQ(parse_percent("80%")->value, 80);
  EXPECT_DOUBLE_EQ(parse_percent("12.5%")->value, 12.5);
  EXPECT_DOUBLE_EQ(parse_percent(" 12.5 % ")->value, 12.5);
  EXPECT_DOUBLE_EQ(parse_percent("250%")->value, 250);
  EXPECT_DOUBLE_EQ(parse_percent("0%")->value, 0);
}

TEST(ParsePercent, RefusesTheRest) {
  for (const std::string_view text :
       {"", "%", "80", "1e3%", "nan%", "NaN%", "inf%", "80%%", "x%", "8 0%", "0x10%", "."}) {
    const auto percent = parse_percent(text);
    ASSERT_FALSE(percent) << text;
    EXPECT_THAT(percent.error().message, HasSubstr("such as 80% or 12.5%"));
  }
  EXPECT_THAT(parse_percent("-5%").error().message, HasSubstr("-5% is negative"));
  EXPECT_FALSE(parse_percent(std::string(5000, '9') + "%"));
}

TEST(ParseSizeOrPercent, TellsThemApart) {
  EXPECT_EQ(std::get<Bytes>(*parse_size_or_percent("50MiB")), mib(50));
  EXPECT_EQ(std::get<Percent>(*parse_size_or_percent("50%")), Percent{50});
  EXPECT_FALSE(
      parse_size_or_percent("50"
                            "x"));
  EXPECT_FALSE(parse_size_or_percent("x%"));
}

TEST(ParseDuration, TakesGoDurations) {
  EXPECT_EQ(parse_duration("1h"), Duration(hours(1)));
  EXPECT_EQ(parse_duration("90s"), Duration(seconds(90)));
  EXPECT_EQ(parse_duration("1h30m"), Duration(minutes(90)));
  EXPECT_EQ(parse_duration("100ms"), Duration(milliseconds(100)));
  EXPECT_EQ(parse_duration("1.5h"), Duration(minutes(90)));
  EXPECT_EQ(parse_duration(".5s"), Duration(milliseconds(500)));
  EXPECT_EQ(parse_duration("1m1m"), Duration(minutes(2)));
  EXPECT_EQ(parse_duration("5us"), Duration(microseconds(5)));
  EXPECT_EQ(parse_duration("5\u00b5s"), Duration(microseconds(5)));
  EXPECT_EQ(parse_duration("5\u03bcs"), Duration(microseconds(5)));
  EXPECT_EQ(parse_duration("7ns"), Duration(7));
  EXPECT_EQ(parse_duration("0"), Duration(0));
  EXPECT_EQ(parse_duration("0s"), Duration(0));
  EXPECT_EQ(parse_duration("+3s"), Duration(seconds(3)));
  EXPECT_EQ(parse_duration("9223372036854775807ns"), Duration(kMost));
}

TEST(ParseDuration, TakesNegative) {
  EXPECT_EQ(parse_duration("-1s"), Duration(seconds(-1)));
  EXPECT_EQ(parse_duration("-1h30m"), Duration(minutes(-90)));
}

TEST(ParseDuration, RefusesTheRest) {
  for (const std::string_view text :
       {"", "-", "60", "h", "1d", "1 h", "1h 30m", "1e3s", "--1s", "1h-1m", "nan", "1hour", "."}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_THAT(duration.error().message, HasSubstr("is not a duration: write one such as 90s"));
  }
}

TEST(ParseDuration, RefusesOverflow) {
  for (const std::string_view text : {"9223372036854775808ns", "2562048h", "2562047h2562047h"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_THAT(duration.error().message, HasSubstr("is too long"));
  }
  EXPECT_TRUE(parse_duration("2562047h"));
}

TEST(ParseInteger, TakesWholeNumbers) {
  EXPECT_EQ(parse_integer("4"), 4);
  EXPECT_EQ(parse_integer("-1000"), -1000);
  EXPECT_EQ(parse_integer("9223372036854775807"), kMost);
  EXPECT_EQ(parse_integer("-9223372036854775808"), std::numeric_limits<std::int64_t>::min());
}

TEST(ParseInteger, RefusesTheRest) {
  for (const std::string_view text :
       {"", " 4", "4 ", "+4", "4.0", "1e3", "0x10", "four", "-", "4%"}) {
    const auto number = parse_integer(text);
    ASSERT_FALSE(number) << text;
    EXPECT_THAT(number.error().message, HasSubstr("is not a whole number")) << text;
  }
  EXPECT_THAT(parse_integer("9223372036854775808").error().message, HasSubstr("out of range"));
  EXPECT_THAT(parse_integer("9223372036854775808x").error().message, HasSubstr("not a whole"));
}

TEST(FormatBytes, UsesBinaryUnitsWithOneDecimal) {
  EXPECT_EQ(format_bytes({0}), "0 B");
  EXPECT_EQ(format_bytes({12}), "12 B");
  EXPECT_EQ(format_bytes({1023}), "1023 B");
  EXPECT_EQ(format_bytes(kib(640)), "640 KiB");
  EXPECT_EQ(format_bytes(mib(50)), "50 MiB");
  EXPECT_EQ(format_bytes(mib(1536)), "1.5 GiB");
  EXPECT_EQ(format_bytes(mib(3000)), "3000 MiB");
  EXPECT_EQ(format_bytes(mib(24000)), "23.4 GiB");
  EXPECT_EQ(format_bytes({-mib(50).value}), "-50 MiB");
  EXPECT_EQ(format_bytes({kMost}), "8 EiB");
  EXPECT_EQ(format_bytes({std::numeric_limits<std::int64_t>::min()}), "-8 EiB");
}

TEST(FormatBytes, RoundsIntoTheNextUnit) {
  EXPECT_EQ(format_bytes(mib(1) - Bytes{1}), "1 MiB");
  EXPECT_EQ(format_bytes(gib(1) - Bytes{1}), "1 GiB");
  EXPECT_EQ(format_bytes(kib(1023)), "1023 KiB");
  EXPECT_EQ(format_bytes({mib(1).value - 52}), "1023.9 KiB");
  EXPECT_EQ(format_bytes({mib(2).value - 1}), "2 MiB");
}

TEST(FormatDuration, WritesAsGoDoes) {
  EXPECT_EQ(format_duration(hours(1)), "1h");
  EXPECT_EQ(format_duration(minutes(90)), "1h30m");
  EXPECT_EQ(format_duration(seconds(90)), "1m30s");
  EXPECT_EQ(format_duration(seconds(3601)), "1h1s");
  EXPECT_EQ(format_duration(milliseconds(250)), "250ms");
  EXPECT_EQ(format_duration(milliseconds(1500)), "1.5s");
  EXPECT_EQ(format_duration(microseconds(1500)), "1.5ms");
  EXPECT_EQ(format_duration(Duration(1500)), "1.5\u00b5s");
  EXPECT_EQ(format_duration(Duration(7)), "7ns");
  EXPECT_EQ(format_duration(Duration(0)), "0s");
  EXPECT_EQ(format_duration(seconds(-90)), "-1m30s");
}

TEST(FormatDuration, ReadsBackAsItself) {
  for (const std::int64_t count :
       {std::int64_t{1}, std::int64_t{999'999'999}, std::int64_t{90'000'000'001}, kMost, -kMost}) {
    EXPECT_EQ(parse_duration(format_duration(Duration(count))), Duration(count)) << count;
  }
  EXPECT_EQ(format_duration(Duration::min()), "-2562047h47m16.854775808s");
}

constexpr std::array<std::string_view, 5> kNames = {"size", "sizeOf", "workers", "oomScoreAdj",
                                                    "mode"};

TEST(Nearest, FindsWhatWasMeant) {
  EXPECT_EQ(nearest("worker", kNames), "workers");
  EXPECT_EQ(nearest("wrokers", kNames), "workers");
  EXPECT_EQ(nearest("sise", kNames), "size");
  EXPECT_EQ(nearest("sizeof", kNames), "sizeOf");
  EXPECT_EQ(nearest("oom-score-adj", kNames), "oomScoreAdj");
  EXPECT_EQ(nearest("MODE", kNames), "mode");
}

TEST(Nearest, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(nearest("bananas", kNames), std::nullopt);
  EXPECT_EQ(nearest("", kNames), std::nullopt);
  EXPECT_EQ(nearest("x", kNames), std::nullopt);
  EXPECT_EQ(nearest(std::string(1 << 20, 'w'), kNames), std::nullopt);
  EXPECT_EQ(nearest("size", {}), std::nullopt);
  constexpr std::array<std::string_view, 1> short_name = {"y"};
  EXPECT_EQ(nearest("x", short_name), std::nullopt);
}

TEST(Quoted, LeavesPrintableTextAlone) {
  EXPECT_EQ(quoted("50MiB"), "50MiB");
  EXPECT_EQ(quoted("gr\u00f6\u00dfe \u6e2c \U0001F600"), "gr\u00f6\u00dfe \u6e2c \U0001F600");
}

TEST(Quoted, MakesEmptyTextVisible) { EXPECT_EQ(quoted(""), "\"\""); }

TEST(Quoted, EscapesWhatATerminalWouldActOn) {
  EXPECT_EQ(quoted("a\nb\x1b[31m"), "a\\x0ab\\x1b[31m");
  EXPECT_EQ(quoted("\x7f"), "\\x7f");
  EXPECT_EQ(quoted("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(quoted("a\u202eb"), "a\\xe2\\x80\\xaeb");
  EXPECT_EQ(quoted("a\u2066b"), "a\\xe2\\x81\\xa6b");
  EXPECT_EQ(quoted(std::string_view("\0", 1)), "\\x00");
}

TEST(Quoted, EscapesInvalidUtf8) {
  EXPECT_EQ(quoted("\xff"), "\\xff");
  EXPECT_EQ(quoted("\xc3"), "\\xc3");
  EXPECT_EQ(quoted("\xc0\xaf"), "\\xc0\\xaf");
  EXPECT_EQ(quoted("\xed\xa0\x80"), "\\xed\\xa0\\x80");
  EXPECT_EQ(quoted("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80");
  EXPECT_EQ(quoted("\xe2\x82"
                   "x"),
            "\\xe2\\x82x");
}

TEST(Quoted, CutsByCharacters) {
  EXPECT_EQ(quoted("abcdef", 6), "abcdef");
  EXPECT_EQ(quoted("abcdefg", 6), "abcdef...");
  EXPECT_EQ(quoted("\u00e4\u00e4\u00e4", 2), "\u00e4\u00e4...");
  EXPECT_LE(quoted(std::string(1 << 20, '\xff')).size(), 60 * 4 + 3U);
}

TEST(IsUtf8, TellsTextFromBytes) {
  EXPECT_TRUE(is_utf8(""));
  EXPECT_TRUE(is_utf8("gr\u00f6\u00dfe \u6e2c \U0001F600"));
  EXPECT_FALSE(is_utf8("a\xff"));
  EXPECT_FALSE(is_utf8("a\xc3"));
  EXPECT_FALSE(is_utf8("\xed\xa0\x80"));
}

TEST(Trim, TakesBlanksFromBothEnds) {
  EXPECT_EQ(trim(" \t a b\r\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
  EXPECT_EQ(trim(""), "");
}

}  // namespace
}  // namespace duress
