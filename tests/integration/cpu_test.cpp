// The CPU load on the real kernel, by the target's own counter.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "world.h"

namespace duress::testing {
namespace {

using std::chrono::seconds;

// Cores that the cgroup was charged over the time.
double charged(const Cgroup& cgroup, std::chrono::milliseconds time) {
  const auto start = std::chrono::steady_clock::now();
  const double before = cgroup.cpu_seconds();
  std::this_thread::sleep_for(time);
  const double used = cgroup.cpu_seconds() - before;
  return used / std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

bool started(Duress& duress) {
  return wait_until(
             [&] { return duress.last("sample").has_value() || !duress.process().alive(); }) &&
         duress.process().alive();
}

// One busy process beside the load on the same CPU of this machine, in another cgroup or in the
// target.
TEST(Cpu, GivesTheLoadThatWasAskedFor) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--cpu", "30%", "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  EXPECT_NEAR(charged(cgroup, seconds(3)), 0.30, 0.01);
}

TEST(Cpu, WorkersEachUseTheirLoad) {
  Cgroup cgroup;
  App app(cgroup, {});
  const int workers =
      static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)) * 2;  // more than there are CPUs
  Duress duress(
      run_on(cgroup, {"--cpu", "20%", "--cpu-workers", std::to_string(workers), "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  EXPECT_NEAR(charged(cgroup, seconds(3)), 0.2 * workers, 0.03);
}

TEST(Cpu, HoldsItsShareBesideBusyProcessesOfTheTarget) {
  Cgroup cgroup;
  const int cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN));
  App app(cgroup, {"--spin", std::to_string(2 * cpus)});
  Duress duress(run_on(cgroup, {"--cpu", "50%", "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  ASSERT_TRUE(wait_until([&] { return (*duress.last("sample"))["seconds"].get<double>() > 4.5; },
                         seconds(30)));
  EXPECT_NEAR((*duress.last("sample"))["cpu"]["gotCores"].get<double>(), 0.5, 0.02);
}

TEST(Cpu, PercentOfTheLimitFillsTheQuota) {
  Cgroup cgroup;
  cgroup.limit_cpu(0.5);
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--cpu", "100%", "--cpu-percent-of", "limit", "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  EXPECT_NEAR(charged(cgroup, seconds(4)), 0.5, 0.01);
}

TEST(Cpu, HalfOfTheLimitLeavesTheOtherHalf) {
  Cgroup cgroup;
  cgroup.limit_cpu(0.5);
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--cpu", "50%", "--cpu-percent-of", "limit", "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  EXPECT_NEAR(charged(cgroup, seconds(4)), 0.25, 0.01);
}

TEST(Cpu, ReachCountsTheApplicationsOwnUse) {
  Cgroup cgroup;
  App app(cgroup, {"--load", "20"});
  Duress duress(run_on(cgroup, {"--cpu", "60%", "--cpu-mode", "reach", "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  EXPECT_NEAR(charged(cgroup, seconds(4)), 0.60, 0.03);
}

TEST(Cpu, ChargesTheTargetLittleMemory) {
  Cgroup cgroup;
  App app(cgroup, {});
  const std::int64_t before = cgroup.usage();
  Duress duress(run_on(cgroup, {"--cpu", "10%", "--cpu-workers", "4", "--for", "60s"}));
  ASSERT_TRUE(started(duress)) << duress.process().errors();
  EXPECT_LT(cgroup.usage() - before, 4 * 256 * 1024 + counter_batch());
}

TEST(Cpu, SaysWhatIsPossibleWhereTheQuotaIsTooSmall) {
  Cgroup cgroup;
  cgroup.limit_cpu(0.2);
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--cpu", "80%", "--for", "60s"}));
  ASSERT_TRUE(wait_until([&] { return duress.last("event").has_value(); }, seconds(20)));
  EXPECT_THAT((*duress.last("plan"))["notes"].dump(), ::testing::HasSubstr("quota 0.20"));
  EXPECT_THAT((*duress.last("event"))["what"].get<std::string>(),
              ::testing::HasSubstr("of 0.80 cores"));
}

TEST(Cpu, IsGoneAfterwards) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--cpu", "50%", "--for", "1s"}));
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_LT(charged(cgroup, std::chrono::milliseconds(500)), 0.005);
  EXPECT_TRUE(processes_named("duress-cpu").empty());
}

}  // namespace
}  // namespace duress::testing
