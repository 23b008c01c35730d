#include "stress/page_size_chooser.h"

#include <gtest/gtest.h>

namespace duress::stress {
namespace {

constexpr std::int64_t kMiB = 1024 * 1024;
constexpr std::int64_t kBatch = 4 * kMiB;

struct Cost {
  std::int64_t huge;  // ns per MiB
  std::int64_t small;
};

// Fills `bytes`; returns the time that it took over the time of the better size alone.
double fill(PageSizeChooser& chooser, std::int64_t bytes, Cost cost) {
  std::int64_t spent = 0;
  for (std::int64_t done = 0; done < bytes; done += kBatch) {
    const std::int64_t time = (chooser.huge() ? cost.huge : cost.small) * (kBatch / kMiB);
    spent += time;
    chooser.measured(kBatch, time);
  }
  const std::int64_t best = std::min(cost.huge, cost.small) * (bytes / kMiB);
  return static_cast<double>(spent) / static_cast<double>(best);
}

constexpr Cost kWarm{45'000, 330'000};
constexpr Cost kCold{2'350'000, 430'000};

TEST(PageSizeChooser, KeepsToHugePagesWhereMemoryIsWarm) {
  PageSizeChooser chooser;
  EXPECT_LT(fill(chooser, 8192 * kMiB, kWarm), 1.15);
  EXPECT_TRUE(chooser.huge());
}

TEST(PageSizeChooser, TurnsToSmallPagesWhereMemoryIsCold) {
  PageSizeChooser chooser;
  EXPECT_LT(fill(chooser, 4096 * kMiB, kCold), 1.15);
  EXPECT_FALSE(chooser.huge());
}

TEST(PageSizeChooser, NoticesThatWarmMemoryIsUsedUp) {
  PageSizeChooser chooser;
  (void)fill(chooser, 4096 * kMiB, kWarm);
  EXPECT_LT(fill(chooser, 1024 * kMiB, kCold), 1.3);
}

TEST(PageSizeChooser, ComesBackToHugePages) {
  PageSizeChooser chooser;
  (void)fill(chooser, 1024 * kMiB, kCold);
  (void)fill(chooser, 2048 * kMiB, kWarm);
  EXPECT_TRUE(chooser.huge());
}

TEST(PageSizeChooser, StaysWhereBothAreEqual) {
  PageSizeChooser chooser;
  EXPECT_LE(fill(chooser, 1024 * kMiB, {100'000, 100'000}), 1.0);
}

}  // namespace
}  // namespace duress::stress
