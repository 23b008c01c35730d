#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "world.h"

namespace duress::testing {
namespace {

TEST(Doctor, TellsWhatThisMachineAllows) {
  Duress duress({"doctor", "-o", "json"});
  EXPECT_EQ(duress.process().wait(), 0) << duress.process().output();
  const auto findings = nlohmann::json::parse(duress.process().output());
  const auto health = [&](const std::string& name) {
    for (const auto& finding : findings) {
      if (finding["name"] == name) return finding;
    }
    return nlohmann::json();
  };
  EXPECT_THAT(health("cgroup")["value"].get<std::string>(),
              ::testing::StartsWith(is_v2() ? "v2" : "v1"));
  EXPECT_EQ(health("CAP_SYS_RESOURCE")["health"], can_lower_oom_score() ? "ok" : "limited");
  EXPECT_EQ(health("left behind")["value"], "nothing");
}

TEST(Doctor, LeavesARunThatIsAliveAlone) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress run(run_on(cgroup, {"--memory", "20MiB", "--for", "600s"}));
  ASSERT_TRUE(run.reached());
  Duress doctor({"doctor", "--fix"});
  EXPECT_EQ(doctor.process().wait(), 0) << doctor.process().output();
  EXPECT_TRUE(run.process().alive());
  EXPECT_EQ(workers_in(cgroup).size(), 1U);
}

TEST(Doctor, RefusesAnUnknownWord) {
  Duress duress({"doctor", "--repair"});
  EXPECT_EQ(duress.process().wait(), 2);
  EXPECT_THAT(duress.process().errors(), ::testing::HasSubstr("--fix"));
}

}  // namespace
}  // namespace duress::testing
