#include "spec/fields.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace duress::spec {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

Stressors with(std::string_view flag, std::string_view text) {
  Stressors loads;
  const Field* field = field_by_flag(flag);
  EXPECT_NE(field, nullptr) << flag;
  if (field == nullptr) return loads;
  const auto set = field->set(loads, text);
  EXPECT_TRUE(set) << flag << ": " << set.error().message;
  return loads;
}

MemoryLoad memory_with(std::string_view flag, std::string_view text) {
  const Stressors loads = with(flag, text);
  EXPECT_TRUE(loads.memory);
  EXPECT_FALSE(loads.cpu);
  return loads.memory.value_or(MemoryLoad{});
}

CpuLoad cpu_with(std::string_view flag, std::string_view text) {
  const Stressors loads = with(flag, text);
  EXPECT_TRUE(loads.cpu);
  EXPECT_FALSE(loads.memory);
  return loads.cpu.value_or(CpuLoad{});
}

TEST(Fields, HaveNamesHelpAndLimits) {
  std::set<std::string_view> flags;
  std::set<std::string_view> paths;
  for (const Field& field : fields()) {
    EXPECT_THAT(field.flag, StartsWith("--"));
    EXPECT_TRUE(field.path.starts_with("memory.") || field.path.starts_with("cpu.") ||
                field.path.starts_with("guards."))
        << field.path;
    EXPECT_FALSE(field.help.empty()) << field.flag;
    EXPECT_FALSE(field.allowed.empty()) << field.flag;
    EXPECT_EQ(field.value.empty(), field.is_switch) << field.flag;
    EXPECT_TRUE(flags.insert(field.flag).second) << field.flag;
    EXPECT_TRUE(paths.insert(field.path).second) << field.path;
    EXPECT_EQ(field_by_flag(field.flag), &field);
    EXPECT_EQ(field_by_path(field.path), &field);
  }
  EXPECT_EQ(fields().size(), 25U);
}

TEST(Fields, AreFoundByBothNamesOfTheRamp) {
  EXPECT_EQ(field_by_path("memory.ramp"), field_by_flag("--ramp"));
  EXPECT_EQ(field_by_path("memory.time"), field_by_flag("--ramp"));
}

TEST(Fields, AreNotFoundByOtherNames) {
  EXPECT_EQ(field_by_flag("--sise"), nullptr);
  EXPECT_EQ(field_by_flag(""), nullptr);
  EXPECT_EQ(field_by_path("memory"), nullptr);
  EXPECT_EQ(field_by_path(""), nullptr);
}

TEST(Fields, SetMemory) {
  EXPECT_EQ(memory_with("--memory", "200MiB").size, (std::variant<Bytes, Percent>(mib(200))));
  EXPECT_EQ(memory_with("--memory", "80%").size, (std::variant<Bytes, Percent>(Percent{80})));
  EXPECT_TRUE(memory_with("--memory", "80%").size_given);
  EXPECT_FALSE(memory_with("--workers", "4").size_given);
  EXPECT_EQ(memory_with("--workers", "4").workers, 4);
  EXPECT_EQ(memory_with("--workers", "1024").workers, 1024);
  EXPECT_EQ(memory_with("--size-of", "worker").size_of, SizeOf::kWorker);
  EXPECT_EQ(memory_with("--mode", "reach").mode, Mode::kReach);
  EXPECT_EQ(memory_with("--metric", "workingSet").metric, Metric::kWorkingSet);
  EXPECT_EQ(memory_with("--metric", "anon").metric, Metric::kAnon);
  EXPECT_EQ(memory_with("--percent-of", "node").percent_of, PercentOf::kNode);
  EXPECT_EQ(memory_with("--percent-of", "available").percent_of, PercentOf::kAvailable);
  EXPECT_EQ(memory_with("--request", "64Mi").request, mib(64));
  EXPECT_EQ(memory_with("--reserve", "0").reserve, Bytes{0});
  EXPECT_EQ(memory_with("--reserve", "16MiB").reserve, mib(16));
  EXPECT_EQ(memory_with("--ramp", "90s").ramp, Duration(seconds(90)));
  EXPECT_EQ(memory_with("--rewrite", "10MiB").rewrite, mib(10));
  EXPECT_EQ(memory_with("--rewrite", "10MiB/s").rewrite, mib(10));
  EXPECT_TRUE(memory_with("--swappable", "true").swappable);
  EXPECT_FALSE(memory_with("--swappable", "false").swappable);
  EXPECT_EQ(memory_with("--oom-score-adj", "-1000").oom_score_adj, -1000);
  EXPECT_EQ(memory_with("--oom-score-adj", "0").oom_score_adj, 0);
  EXPECT_EQ(memory_with("--when-oom", "stressorFirst").when_oom.policy, OomPolicy::kStressorFirst);
  EXPECT_EQ(memory_with("--max-kills", "7").when_oom.max_kills, 7);
  EXPECT_EQ(memory_with("--then", "regrow").when_oom.then, Then::kRegrow);
}

TEST(Fields, SetCpu) {
  EXPECT_EQ(cpu_with("--cpu", "50").load, Percent{50});
  EXPECT_EQ(cpu_with("--cpu", "50%").load, Percent{50});
  EXPECT_EQ(cpu_with("--cpu", "12.5 %").load, Percent{12.5});
  EXPECT_TRUE(cpu_with("--cpu", "50").load_given);
  EXPECT_FALSE(cpu_with("--cpu-workers", "2").load_given);
  EXPECT_EQ(cpu_with("--cpu-workers", "2").workers, 2);
  EXPECT_EQ(cpu_with("--cpu-mode", "reach").mode, Mode::kReach);
  EXPECT_EQ(cpu_with("--cpu-percent-of", "limit").percent_of, CpuPercentOf::kLimit);
}

struct Refused {
  std::string_view flag;
  std::string_view text;
};

class FieldsRefuse : public testing::TestWithParam<Refused> {};

TEST_P(FieldsRefuse, NamesValueAndLimits) {
  const Field* field = field_by_flag(GetParam().flag);
  ASSERT_NE(field, nullptr);
  Stressors loads;
  const auto set = field->set(loads, GetParam().text);
  ASSERT_FALSE(set) << GetParam().flag << " took " << GetParam().text;
  EXPECT_EQ(set.error().code, Code::kUsage);
  EXPECT_EQ(set.error().message,
            quoted(GetParam().text) + " is not allowed: " + std::string(field->allowed));
  EXPECT_FALSE(loads.memory) << "a refused value made a load";
  EXPECT_FALSE(loads.cpu) << "a refused value made a load";
}

INSTANTIATE_TEST_SUITE_P(
    All, FieldsRefuse,
    testing::Values(
        Refused{"--memory", "0"}, Refused{"--memory", "0%"}, Refused{"--memory", "-5MiB"},
        Refused{"--memory", "-5%"}, Refused{"--memory", "fifty"}, Refused{"--memory", ""},
        Refused{"--memory", "1e3"}, Refused{"--memory", "8EiB"}, Refused{"--memory", "nan%"},
        Refused{"--workers", "0"}, Refused{"--workers", "-1"}, Refused{"--workers", "1025"},
        Refused{"--workers", "2.5"}, Refused{"--workers", "4294967297"}, Refused{"--workers", ""},
        Refused{"--size-of", "all"}, Refused{"--mode", "Reach"}, Refused{"--metric", "rss"},
        Refused{"--percent-of", "host"}, Refused{"--request", "0"}, Refused{"--request", "50%"},
        Refused{"--reserve", "5%"}, Refused{"--reserve", "-1"}, Refused{"--ramp", "-1s"},
        Refused{"--ramp", "60"}, Refused{"--rewrite", "fast"}, Refused{"--rewrite", "/s"},
        Refused{"--swappable", "yes"}, Refused{"--oom-score-adj", "1001"},
        Refused{"--oom-score-adj", "-1001"}, Refused{"--when-oom", "kill"},
        Refused{"--max-kills", "-1"}, Refused{"--max-kills", "1000001"}, Refused{"--then", "end"},
        Refused{"--cpu", "0"}, Refused{"--cpu", "0.5"}, Refused{"--cpu", "101%"},
        Refused{"--cpu", "-1"}, Refused{"--cpu", "half"}, Refused{"--cpu", ""},
        Refused{"--cpu", "50%%"}, Refused{"--cpu-workers", "0"}, Refused{"--cpu-workers", "1025"},
        Refused{"--cpu-mode", "both"}, Refused{"--cpu-percent-of", "node"}));

TEST(SetField, TellsTheNameItWasGivenBy) {
  Stressors loads;
  const Field& workers = *field_by_flag("--workers");
  EXPECT_FALSE(set_field(loads, workers, "4", "--workers"));
  const auto problem = set_field(loads, workers, "0", "spec.stressors.memory.workers");
  ASSERT_TRUE(problem);
  EXPECT_EQ(format_problem(*problem), "spec.stressors.memory.workers: 0 is not allowed: 1 to 1024");
  EXPECT_EQ(loads.memory->workers, 4) << "a refused value must change nothing";
}

TEST(FormatProblem, LeavesOutWhatWasNotGiven) {
  EXPECT_EQ(format_problem({"spec", "", "missing"}), "spec: missing");
}

}  // namespace
}  // namespace duress::spec
