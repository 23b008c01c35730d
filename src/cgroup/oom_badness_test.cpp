#include "cgroup/oom_badness.h"

#include <gtest/gtest.h>

#include <vector>

namespace duress::cgroup {
namespace {

constexpr std::int64_t k500MiB = 128'000;  // pages

TEST(OomBadness, IsResidentAndSwappedAndPageTables) {
  const OomInputs inputs{
      .resident_pages = 100, .swap_pages = 20, .page_tables = kib(12), .oom_score_adj = 0};
  EXPECT_EQ(oom_badness(inputs, k500MiB), 123);
}

TEST(OomBadness, CountsPageTablesInWholePages) {
  EXPECT_EQ(oom_badness({.page_tables = Bytes{4095}}, k500MiB), 0);
  EXPECT_EQ(oom_badness({.page_tables = Bytes{8191}}, k500MiB), 1);
}

TEST(OomBadness, DividesBeforeItMultiplies) {
  EXPECT_EQ(oom_badness({.resident_pages = 1, .oom_score_adj = 988}, k500MiB), 1 + 988 * 128);
  EXPECT_EQ(oom_badness({.resident_pages = 1, .oom_score_adj = 999}, 128'999), 1 + 999 * 128);
  EXPECT_EQ(oom_badness({.resident_pages = 7, .oom_score_adj = 999}, 999), 7);
}

TEST(OomBadness, MayBeBelowZeroAndIsUnsetWhereExempt) {
  EXPECT_EQ(oom_badness({.resident_pages = 10, .oom_score_adj = -997}, k500MiB), 10 - 997 * 128);
  EXPECT_EQ(oom_badness({.resident_pages = 10, .oom_score_adj = -1000}, k500MiB), std::nullopt);
}

TEST(OomBadness, DoesNotOverflow) {
  const OomInputs most{.resident_pages = INT64_MAX,
                       .swap_pages = INT64_MAX,
                       .page_tables = Bytes{INT64_MAX},
                       .oom_score_adj = 1000};
  EXPECT_GT(*oom_badness(most, INT64_MAX), 0);
  EXPECT_LT(*oom_badness({.oom_score_adj = -999}, INT64_MAX), 0);
  EXPECT_EQ(oom_badness({.resident_pages = -5, .oom_score_adj = 5}, -1), 0);
}

TEST(OomTotalPages, IsTheLimitAndWhatMayBeSwapped) {
  EXPECT_EQ(oom_total_pages(mib(500), Bytes{0}), k500MiB);
  EXPECT_EQ(oom_total_pages(mib(500), mib(100)), k500MiB + 25'600);
  EXPECT_EQ(oom_total_pages(Bytes{0}, Bytes{0}), 1);
  EXPECT_EQ(oom_total_pages(std::nullopt, Bytes{0}), INT64_MAX / 4096);
}

TEST(OomChoice, TakesTheHeaviestAndOfSeveralTheLast) {
  using Weights = std::vector<std::optional<std::int64_t>>;
  EXPECT_EQ(oom_choice(Weights{5, 9, 7}), 1U);
  EXPECT_EQ(oom_choice(Weights{9, 5, 9, 7}), 2U);
  EXPECT_EQ(oom_choice(Weights{-9, -5}), 1U);
  EXPECT_EQ(oom_choice(Weights{std::nullopt, -5}), 1U);
  EXPECT_EQ(oom_choice(Weights{std::nullopt, std::nullopt}), std::nullopt);
  EXPECT_EQ(oom_choice(Weights{}), std::nullopt);
}

}  // namespace
}  // namespace duress::cgroup
