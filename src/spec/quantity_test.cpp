#include "spec/quantity.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::spec {
namespace {

using testing::HasSubstr;

TEST(Quantity, IsReadInThousandths) {
  struct Case {
    const char* text;
    std::int64_t expected;
  };
  for (const Case& c : std::vector<Case>{{"0", 0},
                                         {"1", 1000},
                                         {"+1", 1000},
                                         {"500m", 500},
                                         {"0.5", 500},
                                         {".5", 500},
                                         {"5.", 5000},
                                         {"1.0005", 1001},
                                         {"1u", 1},
                                         {"999n", 1},
                                         {"2000000n", 2},
                                         {"1k", 1'000'000},
                                         {"1e3", 1'000'000},
                                         {"1E3", 1'000'000},
                                         {"1e+3", 1'000'000},
                                         {"5e-1", 500},
                                         {"1.5Ki", 1'536'000},
                                         {"500Mi", 524'288'000'000},
                                         {"1E", 0}}) {
    const auto got = parse_quantity(c.text);
    if (c.expected == 0 && std::string_view(c.text) == "1E") {
      EXPECT_FALSE(got) << "an exabyte is too large";
      continue;
    }
    ASSERT_TRUE(got) << c.text;
    EXPECT_EQ(*got, c.expected) << c.text;
  }
}

TEST(Quantity, RefusesWhatIsNone) {
  for (const char* text : {"",
                           " 1",
                           "1 ",
                           "-1",
                           "1mi",
                           "1MI",
                           "1MB",
                           "1MiB",
                           "Mi",
                           ".",
                           "1.2.3",
                           "1e",
                           "1e99",
                           "0x1",
                           "1K",
                           "1,5",
                           "m",
                           "++1",
                           "1234567890123456789",
                           "9000000000Gi",
                           "8Ei",
                           "inf",
                           "nan"}) {
    EXPECT_FALSE(parse_quantity(text)) << text;
  }
}

TEST(MemoryQuantity, IsInWholeBytes) {
  EXPECT_EQ(*parse_memory("500Mi"), mib(500));
  EXPECT_EQ(*parse_memory("0.5Gi"), mib(512));
  EXPECT_EQ(*parse_memory("1G"), Bytes{1'000'000'000});
  EXPECT_EQ(*parse_memory("128974848000m"), Bytes{128'974'848});
  const auto half = parse_memory("500m");
  ASSERT_FALSE(half);
  EXPECT_EQ(half.error().message, "500m is not allowed: m is a thousandth: 500Mi or 500M is meant");
  EXPECT_THAT(parse_memory("0.5").error().message, HasSubstr("whole bytes"));
}

TEST(CpuQuantity, IsInWholeThousandths) {
  EXPECT_EQ(*parse_cpu("500m"), Cores{0.5});
  EXPECT_EQ(*parse_cpu("2"), Cores{2});
  EXPECT_EQ(*parse_cpu("0.001"), Cores{0.001});
  EXPECT_EQ(*parse_cpu("1e0"), Cores{1});
  for (const char* text : {"0.0005", "500u", "1n", "much", "-1", "1Gi"}) {
    EXPECT_FALSE(parse_cpu(text)) << text;
  }
}

}  // namespace
}  // namespace duress::spec
