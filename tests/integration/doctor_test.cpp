#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

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
  EXPECT_EQ(health("controllers")["health"], "ok");
  EXPECT_EQ(health("namespaces")["health"], "ok");
  for (const char* name : {"PSI", "kernel log", "container names", "room to run", "room to keep",
                           "recordings", "user", "kernel", "memory"})
    EXPECT_FALSE(health(name).is_null()) << name;
  for (const auto& finding : findings) {
    EXPECT_EQ(finding["health"] == "ok", finding["advice"] == "")
        << finding << ": what is not well says what to do";
  }
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

TEST(Doctor, NamesWhatAKilledRehearsalLeftAndRemovesIt) {
  // Of a process that is gone: no PID is as high.
  const std::string place = "/run/duress/rehearse-4194304";
  std::filesystem::create_directories(place);
  const auto is_told = [&](const std::vector<std::string>& words, int code) {
    Duress doctor(words);
    EXPECT_EQ(doctor.process().wait(), code) << doctor.process().output();
    return doctor.process().output().find(place) != std::string::npos;
  };
  EXPECT_TRUE(is_told({"doctor"}, 1));
  EXPECT_TRUE(std::filesystem::exists(place)) << "without --fix nothing is changed";
  EXPECT_TRUE(is_told({"doctor", "--fix"}, 0));
  EXPECT_FALSE(std::filesystem::exists(place));
  EXPECT_FALSE(is_told({"doctor"}, 0));
}

TEST(Doctor, RefusesAnUnknownWord) {
  Duress duress({"doctor", "--repair"});
  EXPECT_EQ(duress.process().wait(), 2);
  EXPECT_THAT(duress.process().errors(), ::testing::HasSubstr("--fix"));
}

}  // namespace
}  // namespace duress::testing
