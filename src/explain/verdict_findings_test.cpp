// Every finding by its name.
#include "explain/verdict.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "explain/courses_test.h"

namespace duress::explain {
namespace {

using namespace testing;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

struct Row {
  const char* name;
  std::function<Course()> course;
  Finding finding;
  Severity severity;
  std::vector<std::string> sentence;  // all of these are in it
};

std::ostream& operator<<(std::ostream& out, const Row& row) { return out << row.name; }

class Findings : public ::testing::TestWithParam<Row> {};

TEST_P(Findings, AreTold) {
  const Row& row = GetParam();
  const Verdict verdict = judge(row.course().recording());
  EXPECT_EQ(name_of(verdict.finding), name_of(row.finding)) << all_of(verdict);
  EXPECT_EQ(name_of(verdict.severity), name_of(row.severity)) << all_of(verdict);
  for (const std::string& word : row.sentence) EXPECT_THAT(verdict.sentence, HasSubstr(word));
  EXPECT_THAT(verdict.evidence, Not(IsEmpty()));
  EXPECT_TRUE(verdict.sentence.ends_with('.')) << verdict.sentence;
}

INSTANTIATE_TEST_SUITE_P(
    All, Findings,
    ::testing::Values(
        Row{"Fine", fine, Finding::kFine, Severity::kGood, {"50 MiB", "88 MiB of 500 MiB"}},
        Row{"StressorOomKilled",
            [] { return sawtooth(1); },
            Finding::kStressorOomKilled,
            Severity::kNotice,
            {"once", "limit of 500 MiB", "application was spared"}},
        Row{"Sawtooth",
            [] { return sawtooth(6); },
            Finding::kStressorOomKilled,
            Severity::kNotice,
            {"6 times", "climbed again 5 times", "application was spared"}},
        Row{"AppOomKilledByStress",
            [] { return application_killed(mib(300), mib(150)); },
            Finding::kAppOomKilledByStress,
            Severity::kBad,
            {"node (PID 18)", "300 MiB", "200 MiB", "would have fitted"}},
        Row{"AppOomKilledByItself",
            [] { return application_killed(mib(20), mib(80)); },
            Finding::kAppOomKilledByItself,
            Severity::kBad,
            {"own growth", "480 MiB", "20 MiB"}},
        Row{"Liveness",
            [] { return liveness(4); },
            Finding::kRestartedByLiveness,
            Severity::kBad,
            {"liveness probe had failed 4 times", "498 MiB of 500 MiB", "exit code 1",
             "the stress ended because of that"}},
        Row{"GroupByStress",
            [] { return group_killed(true); },
            Finding::kGroupKilled,
            Severity::kBad,
            {"whole container", "2 processes", "because of the load", "memory.oom.group"}},
        Row{"GroupByItself",
            [] { return group_killed(false); },
            Finding::kGroupKilled,
            Severity::kBad,
            {"by its own growth"}},
        Row{"Throttled",
            [] { return throttled(0, 90); },
            Finding::kThrottled,
            Severity::kBad,
            {"90 of 100 periods (90 %)", "3.6 s lost", "before the load it was in 0 %"}},
        Row{"SupervisorKilled",
            supervisor_killed,
            Finding::kSupervisorKilled,
            Severity::kNotice,
            {"killed without a word"}},
        Row{"Guard", guard, Finding::kGuard, Severity::kNotice, {"180 MiB", "200 MiB"}},
        Row{"Failed", failed, Finding::kLoadFailed, Severity::kNotice, {"the warden was killed"}},
        Row{"Outsider",
            outsider,
            Finding::kOtherKilled,
            Severity::kBad,
            {"postgres", "neither to the target nor to Duress", "/kubepods/pod1"}},
        Row{"Unnamed",
            unnamed,
            Finding::kUnnamedOomKilled,
            Severity::kNotice,
            {"2 processes", "does not tell whose"}},
        Row{"StressorFirst",
            stressor_first,
            Finding::kStressorEnded,
            Severity::kNotice,
            {"not by the OOM killer", "stressorFirst"}},
        Row{"Thrashing", thrashing, Finding::kThrashing, Severity::kBad, {"20000 pages"}},
        Row{"NodeShort",
            node_short,
            Finding::kNodeShort,
            Severity::kNotice,
            {"150 MiB", "100 MiB"}},
        Row{"LimitChanged",
            limit_changed,
            Finding::kLimitChanged,
            Severity::kNotice,
            {"500 MiB", "600 MiB"}},
        Row{"Crashed",
            [] { return exits(139); },
            Finding::kContainerRestarted,
            Severity::kBad,
            {"exit code 139 (SIGSEGV)", "does not show"}},
        Row{"EndedWell",
            [] { return exits(0); },
            Finding::kContainerRestarted,
            Severity::kNotice,
            {"exit code 0", "the stress ended because of that"}}),
    [](const auto& row) { return std::string(row.param.name); });

TEST(Names, AreDistinctForEveryFinding) {
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(kLastFinding); ++i) {
    names.insert(name_of(static_cast<Finding>(i)));
  }
  EXPECT_THAT(names, SizeIs(static_cast<std::size_t>(kLastFinding) + 1));
  EXPECT_THAT(names, Each(Not("")));
}

}  // namespace
}  // namespace duress::explain
