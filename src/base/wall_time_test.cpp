#include "base/wall_time.h"

#include <gtest/gtest.h>

namespace duress {
namespace {

TEST(Time, IsReadInEveryFormThatIsUsed) {
  const auto time = parse_time("2026-11-24T21:35:06Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(format_time(*time), "2026-11-24T21:35:06Z");
  EXPECT_EQ(parse_time("2026-11-24T22:35:06+01:00"), time);
  EXPECT_EQ(*parse_time("2026-11-24T21:35:06.250000Z") - *time, std::chrono::milliseconds(250));
  EXPECT_EQ(format_micro_time(*time + std::chrono::microseconds(7)), "2026-11-24T21:35:06.000007Z");
  EXPECT_EQ(parse_time("1970-01-01T00:00:00Z"), WallTime{});
  for (const std::string_view wrong :
       {"", "2026-11-24", "2026-13-24T21:35:06Z", "2026-02-30T21:35:06Z", "2026-11-24T25:35:06Z",
        "2026-11-24T21:35:06", "2026-11-24T21:35:06+1", "2026-11-24 21-35-06Z"})
    EXPECT_FALSE(parse_time(wrong)) << wrong;
}

}  // namespace
}  // namespace duress
