#include "observe/thinning.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::observe {
namespace {

using std::chrono::seconds;

std::vector<std::int64_t> kept(Thinning& thinning) {
  std::vector<std::int64_t> out;
  for (const Look& look : thinning.take()) out.push_back(look.at / seconds(1));
  return out;
}

Look at(std::int64_t second, std::int64_t usage) {
  Look look{.at = seconds(second)};
  look.memory.usage = Bytes{usage};
  return look;
}

TEST(Thinning, KeepsAllWhileTheyAreFew) {
  Thinning thinning(4);
  for (int i = 0; i < 4; ++i) thinning.add(at(i, 1));
  EXPECT_THAT(kept(thinning), ::testing::ElementsAre(0, 1, 2, 3));
}

TEST(Thinning, StretchesAreEvenWhateverTheNumber) {
  for (const std::size_t most : {1U, 2U, 3U, 5U, 8U}) {
    for (int count = 1; count < 100; ++count) {
      Thinning thinning(most);
      for (int i = 0; i < count; ++i) thinning.add(at(i, 1));
      EXPECT_EQ(thinning.added(), count);
      const std::vector<std::int64_t> at_seconds = kept(thinning);
      ASSERT_LE(at_seconds.size(), most + 1);
      EXPECT_EQ(at_seconds.front(), 0);
      EXPECT_EQ(at_seconds.back(), count - 1);
      for (std::size_t i = 2; i + 1 < at_seconds.size(); ++i)
        EXPECT_EQ(at_seconds[i] - at_seconds[i - 1], at_seconds[1]) << most << " " << count;
    }
  }
}

TEST(Thinning, EveryStretchKeepsItsHighestAndItsLowestInOrder) {
  Thinning thinning(2);
  const std::int64_t usages[] = {5, 9, 1, 5, 5, 2, 8, 5};
  for (std::int64_t i = 0; i < 8; ++i) thinning.add(at(i, usages[i]));
  EXPECT_THAT(kept(thinning), ::testing::ElementsAre(0, 1, 2, 4, 5, 6, 7));
}

TEST(Thinning, APeakAndATroughAreKeptWhereverTheyAre) {
  constexpr int count = 64;
  for (int peak = 0; peak < count; ++peak) {
    Thinning thinning(4);
    for (int i = 0; i < count; ++i)
      thinning.add(at(i, i == peak ? 9 : i == (peak + 7) % count ? 1 : 5));
    const std::vector<std::int64_t> all = kept(thinning);
    EXPECT_THAT(all,
                ::testing::IsSupersetOf({std::int64_t{peak}, std::int64_t{(peak + 7) % count}}));
    EXPECT_LE(all.size(), 13U);
  }
}

}  // namespace
}  // namespace duress::observe
