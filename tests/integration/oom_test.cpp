// Who dies at the limit, and whether Duress keeps what each policy promises.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

#include "world.h"

namespace duress::testing {
namespace {

using std::chrono::seconds;

constexpr int kBurstable = 988;

// An application of 100 MiB at 988 below a limit of 500 MiB: the article's, with a small request.
struct Scene {
  Cgroup cgroup;
  explicit Scene(bool group = false) {
    cgroup.limit_memory(500 * kMiB);
    if (group) {
      EXPECT_TRUE(cgroup.write("memory.oom.group", "1"));
    }
  }
};

std::vector<std::string> quiet_application() {
  return {"--hold", "100M", "--oom-score-adj", std::to_string(kBurstable)};
}

std::vector<std::string> bursting_application(int bursts) {
  return {"--hold",  "100M",    "--oom-score-adj", std::to_string(kBurstable),
          "--after", "1500",    "--bursts",        std::to_string(bursts),
          "--burst", "10M-50M", "--rate",          is_v2() ? "200M" : "1G",
          "--pause", "60"};
}

TEST(Natural, TakesTheBigStressorBesideAQuietApplication) {
  Scene scene;
  App app(scene.cgroup, quiet_application());
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--for", "60s", "--guard", "200MiB"}));
  EXPECT_EQ(duress.process().wait(seconds(30)), 5) << duress.process().errors();
  EXPECT_TRUE(app.alive());
  EXPECT_EQ(scene.cgroup.oom_kills(), 1);
  EXPECT_THAT((*duress.last("end"))["message"].get<std::string>(),
              ::testing::HasSubstr("OOM killer took a worker"));
}

TEST(Natural, KillsTheWholeContainerWhereTheCgroupSaysSo) {
  if (!is_v2()) GTEST_SKIP() << "v1 never kills groups";
  Scene scene(true);
  App app(scene.cgroup, quiet_application());
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--for", "60s", "--guard", "200MiB"}));
  EXPECT_THAT(duress.process().wait(seconds(60)), ::testing::AnyOf(4, 5));
  EXPECT_EQ(app.process().wait(), 128 + SIGKILL);
  EXPECT_THAT((*duress.last("plan"))["foretold"].dump(),
              ::testing::HasSubstr("memory.oom.group of "));
}

// What an ordinary process, and what Duress, ask for beside the same application, one after the
// other in cgroups of their own.
struct Beside {
  const char* name;
  std::vector<std::string> application;
};

std::ostream& operator<<(std::ostream& out, const Beside& beside) { return out << beside.name; }

class NaturalBeside : public ::testing::TestWithParam<Beside> {};

bool survives_an_ordinary_process(const std::vector<std::string>& application) {
  Scene scene;
  App app(scene.cgroup, application);
  App other(scene.cgroup, {"--oom-score-adj", std::to_string(kBurstable), "--grow-to", "3000M",
                           "--rate", is_v2() ? "200M" : "1G"});
  EXPECT_TRUE(wait_until([&] { return !app.alive() || !other.alive(); }, seconds(60)));
  // The second kill, if there is one, follows at once: what is left goes on filling.
  EXPECT_TRUE(wait_until([&] { return !other.alive(); }, seconds(60)));
  return app.alive();
}

TEST_P(NaturalBeside, EndsAsAnOrdinaryProcessWould) {
  const bool ordinary = survives_an_ordinary_process(GetParam().application);
  Scene scene;
  App app(scene.cgroup, GetParam().application);
  Duress duress(
      run_on(scene.cgroup, {"--memory", "3000MiB", "--oom-score-adj", std::to_string(kBurstable),
                            "--for", "60s", "--guard", "200MiB"}));
  EXPECT_THAT(duress.process().wait(seconds(60)), ::testing::AnyOf(4, 5));
  EXPECT_EQ(app.alive(), ordinary) << scene.cgroup.oom_kills() << " kills\n"
                                   << duress.process().output();
}

INSTANTIATE_TEST_SUITE_P(Applications, NaturalBeside,
                         ::testing::Values(Beside{"Quiet", quiet_application()},
                                           Beside{"QuietAndLarger",
                                                  {"--hold", "300M", "--oom-score-adj",
                                                   std::to_string(kBurstable)}},
                                           Beside{"Growing", bursting_application(100)}),
                         [](const auto& param) { return std::string(param.param.name); });

// Freeing a large worker takes the kernel a while, and the application goes on taking memory.
TEST(Natural, SparesAnApplicationThatGrowsWhileTheWorkerIsFreed) {
  Cgroup cgroup;
  const std::int64_t limit = is_v2() ? 1500 * kMiB : 4096 * kMiB;
  cgroup.limit_memory(limit);
  App app(cgroup, {"--hold", "100M", "--oom-score-adj", std::to_string(kBurstable), "--after",
                   "500", "--bursts", "2000", "--burst", "50M-100M", "--rate",
                   is_v2() ? "200M" : "1G", "--pause", "1"});
  Duress duress(run_on(cgroup, {"--memory", std::to_string(2 * limit), "--oom-score-adj",
                                std::to_string(kBurstable), "--for", "60s", "--guard", "200MiB"}));
  EXPECT_EQ(duress.process().wait(seconds(60)), 5) << duress.process().output();
  EXPECT_TRUE(app.alive());
  EXPECT_EQ(cgroup.oom_kills(), 1);
}

TEST(Natural, RegrowMakesTheSawtooth) {
  Scene scene;
  App app(scene.cgroup, quiet_application());
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--then", "regrow", "--for", "60s",
                                      "--guard", "200MiB"}));
  EXPECT_TRUE(
      wait_until([&] { return duress.last("sample") && (*duress.last("sample"))["kills"] >= 3; },
                 seconds(20)));
  EXPECT_GE(scene.cgroup.oom_kills(), 3);
  EXPECT_TRUE(duress.process().alive());
  duress.process().signal(SIGTERM);
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_GE((*duress.last("end"))["kills"].get<int>(), 3);
}

TEST(Natural, ASizeAboveTheLimitIsNeverTakenAsReached) {
  Scene scene;
  // Lighter than each of four workers that share what is left, so that it is never taken.
  App app(scene.cgroup, {"--hold", "60M", "--oom-score-adj", std::to_string(kBurstable)});
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--workers", "4", "--then", "regrow",
                                      "--for", "600s", "--guard", "200MiB"}));
  EXPECT_TRUE(
      wait_until([&] { return duress.last("sample") && (*duress.last("sample"))["kills"] >= 4; },
                 seconds(20)));
  duress.process().signal(SIGTERM);
  EXPECT_EQ(duress.process().wait(seconds(30)), 0);
  EXPECT_GE((*duress.last("end"))["kills"].get<int>(), 4);
  EXPECT_FALSE(duress.last("reached"));
}

TEST(Natural, MaxKillsEndsTheLoad) {
  Scene scene;
  App app(scene.cgroup, quiet_application());
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--max-kills", "2", "--for", "60s",
                                      "--guard", "200MiB"}));
  EXPECT_EQ(duress.process().wait(seconds(30)), 5);
  EXPECT_EQ((*duress.last("end"))["kills"], 2);
}

TEST(Natural, AWorkerHasTheApplicationsOwnOomScore) {
  Cgroup cgroup;
  App app(cgroup, {"--oom-score-adj", "345"});
  Duress duress(run_on(cgroup, {"--memory", "10MiB", "--for", "60s"}));
  ASSERT_TRUE(duress.reached());
  EXPECT_EQ(slurp("/proc/" + std::to_string(workers_in(cgroup).at(0)) + "/oom_score_adj"), "345\n");
}

TEST(Natural, ZeroIsARealZero) {
  Cgroup cgroup;
  App app(cgroup, {"--oom-score-adj", "345"});
  Duress duress(run_on(cgroup, {"--memory", "10MiB", "--oom-score-adj", "0", "--for", "60s"}));
  ASSERT_TRUE(duress.reached());
  EXPECT_EQ(slurp("/proc/" + std::to_string(workers_in(cgroup).at(0)) + "/oom_score_adj"), "0\n");
}

class Avoid : public ::testing::TestWithParam<int> {};

TEST_P(Avoid, KeepsEverybodyAliveBesideBursts) {
  Scene scene(is_v2());
  App app(scene.cgroup, bursting_application(is_v2() ? 8 : 40));
  Duress duress(
      run_on(scene.cgroup, {"--memory", "3000MiB", "--workers", std::to_string(GetParam()),
                            "--when-oom", "avoid", "--for", "600s", "--guard", "200MiB"}));
  ASSERT_TRUE(wait_until([&] { return app.said("bursts done") || !app.alive(); }, seconds(60)));
  EXPECT_TRUE(app.alive());
  EXPECT_EQ(scene.cgroup.oom_kills(), 0);
  EXPECT_TRUE(duress.process().alive());
  EXPECT_EQ(workers_in(scene.cgroup).size(), static_cast<std::size_t>(GetParam()));
  // The application is quiet again: what it left is taken back, but for what is kept free.
  EXPECT_TRUE(wait_until([&] { return scene.cgroup.usage() > (500 - 22) * kMiB; }, seconds(10)))
      << scene.cgroup.usage() / kMiB;
  duress.process().signal(SIGINT);
  EXPECT_EQ(duress.process().wait(), 0);
  const auto end = *duress.last("end");
  EXPECT_TRUE(end["leftBehind"].empty()) << end.dump();
  EXPECT_THAT(scene.cgroup.read(is_v2() ? "memory.high" : "memory.oom_control"),
              ::testing::StartsWith(is_v2() ? "max" : "oom_kill_disable 0"));
  if (is_v2()) {
    EXPECT_EQ(scene.cgroup.read("memory.oom.group"), "1\n");
  }
}
INSTANTIATE_TEST_SUITE_P(Workers, Avoid, ::testing::Values(1, 4));

TEST(Avoid, SaysWhatItHoldsAndWhy) {
  Scene scene;
  App app(scene.cgroup, quiet_application());
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--when-oom", "avoid", "--for", "600s",
                                      "--guard", "200MiB"}));
  ASSERT_TRUE(wait_until([&] { return duress.last("event").has_value(); }, seconds(30)));
  EXPECT_THAT((*duress.last("event"))["what"].get<std::string>(),
              ::testing::HasSubstr("the limit is 500 MiB"));
}

class StressorFirst : public ::testing::TestWithParam<std::tuple<int, bool, bool>> {};

TEST_P(StressorFirst, SparesTheApplication) {
  const auto [workers, growing, group] = GetParam();
  if (group && !is_v2()) GTEST_SKIP() << "v1 never kills groups";
  Scene scene(group);
  App app(scene.cgroup, growing ? bursting_application(30) : quiet_application());
  Duress duress(
      run_on(scene.cgroup, {"--memory", "3000MiB", "--workers", std::to_string(workers),
                            "--when-oom", "stressorFirst", "--for", "600s", "--guard", "200MiB"}));
  EXPECT_EQ(duress.process().wait(seconds(60)), 5) << duress.process().output();
  EXPECT_TRUE(app.alive());
  EXPECT_TRUE((*duress.last("end"))["leftBehind"].empty());
  EXPECT_TRUE(workers_in(scene.cgroup).empty());
}
INSTANTIATE_TEST_SUITE_P(All, StressorFirst,
                         ::testing::Combine(::testing::Values(1, 4), ::testing::Bool(),
                                            ::testing::Bool()));

TEST(StressorFirst, SparesAnApplicationThatHoldsMostOfTheLimit) {
  Scene scene;
  App app(scene.cgroup, {"--hold", "300M", "--oom-score-adj", std::to_string(kBurstable)});
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--workers", "4", "--when-oom",
                                      "stressorFirst", "--for", "600s", "--guard", "200MiB"}));
  EXPECT_EQ(duress.process().wait(seconds(60)), 5);
  EXPECT_TRUE(app.alive());
}

TEST(AppFirst, TakesTheApplicationAndLeavesTheStressor) {
  Scene scene(is_v2());
  App app(scene.cgroup, quiet_application());
  Duress duress(run_on(scene.cgroup, {"--memory", "3000MiB", "--when-oom", "appFirst", "--for",
                                      "600s", "--guard", "200MiB"}));
  EXPECT_EQ(app.process().wait(seconds(60)), 128 + SIGKILL);
  EXPECT_EQ(duress.process().wait(seconds(30)), 4);
}

TEST(AppFirst, IsRefusedWithBothFiguresWhereItCannotComeTrue) {
  if (can_lower_oom_score()) GTEST_SKIP() << "with CAP_SYS_RESOURCE it always can";
  Scene scene;
  App app(scene.cgroup, {"--hold", "10M"});  // oom_score_adj 0, as a worker's
  Duress duress(
      run_on(scene.cgroup, {"--memory", "3000MiB", "--when-oom", "appFirst", "--for", "60s"}));
  EXPECT_EQ(duress.process().wait(), 3);
  EXPECT_THAT(duress.process().errors(), ::testing::HasSubstr("largest worker"));
  EXPECT_THAT(duress.process().errors(), ::testing::HasSubstr("duress-testapp"));
}

TEST(Avoid, KeepsAMemoryHighThatWasThereBefore) {
  if (!is_v2()) GTEST_SKIP() << "v1 has no memory.high";
  Scene scene;
  const std::string own = std::to_string(300 * kMiB) + "\n";
  ASSERT_TRUE(scene.cgroup.write("memory.high", own));
  App app(scene.cgroup, quiet_application());
  Duress duress(
      run_on(scene.cgroup, {"--memory", "100MiB", "--when-oom", "avoid", "--for", "60s"}));
  ASSERT_TRUE(duress.reached());
  EXPECT_EQ(scene.cgroup.read("memory.high"), own);
  duress.process().signal(SIGTERM);
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_EQ(scene.cgroup.read("memory.high"), own);
}

TEST(LoweringTheOomScore, IsRefusedWithoutTheRight) {
  if (can_lower_oom_score()) GTEST_SKIP() << "this machine has CAP_SYS_RESOURCE";
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "10MiB", "--oom-score-adj", "-500", "--for", "60s"}));
  EXPECT_EQ(duress.process().wait(), 3);
  EXPECT_THAT(duress.process().errors(), ::testing::HasSubstr("CAP_SYS_RESOURCE"));
}

}  // namespace
}  // namespace duress::testing
