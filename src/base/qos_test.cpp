#include "base/qos.h"

#include <gtest/gtest.h>

namespace duress {
namespace {

TEST(OomScoreAdj, OfTheArticlesPodOnItsNode) {
  // 200 MiB requested; 988 was what the article's kernel log shows.
  EXPECT_EQ(oom_score_adj_of(QosClass::kBurstable, mib(200), gib(16)), 988);
}

TEST(OomScoreAdj, OfGuaranteedAndBestEffortDoesNotDependOnTheNode) {
  EXPECT_EQ(oom_score_adj_of(QosClass::kGuaranteed, gib(16), gib(16)), -997);
  EXPECT_EQ(oom_score_adj_of(QosClass::kBestEffort, Bytes{0}, gib(16)), 1000);
}

TEST(OomScoreAdj, OfBurstableStaysBetweenTheTwoOthers) {
  EXPECT_EQ(oom_score_adj_of(QosClass::kBurstable, gib(16), gib(16)), 3);
  EXPECT_EQ(oom_score_adj_of(QosClass::kBurstable, mib(1), gib(16)), 999);
  EXPECT_EQ(oom_score_adj_of(QosClass::kBurstable, Bytes{0}, gib(16)), 999);
}

}  // namespace
}  // namespace duress
