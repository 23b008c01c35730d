// Whatever is killed, frozen or removed: the target is given back as it was.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "world.h"

namespace duress::testing {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<pid_t> warden_of(const Process& supervisor) {
  for (const pid_t pid : processes_named("duress-warden")) {
    const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t after = stat.rfind(')');
    if (after != std::string::npos && std::atoi(stat.c_str() + after + 4) == supervisor.pid())
      return pid;
  }
  return std::nullopt;
}

bool all_gone(const Cgroup& cgroup) {
  return workers_in(cgroup).empty() && processes_named("duress-memory").empty() &&
         processes_named("duress-cpu").empty() && processes_named("duress-fill").empty();
}

// A load with files changed, so that there is something to put back.
std::vector<std::string> avoiding(const Cgroup& cgroup) {
  return run_on(cgroup, {"--memory", "300MiB", "--workers", "2", "--cpu", "10%", "--when-oom",
                         "avoid", "--for", "600s"});
}

bool files_are_back(const Cgroup& cgroup) {
  if (is_v2())
    return cgroup.read("memory.high") == "max\n" && cgroup.read("memory.oom.group") == "1\n";
  return cgroup.read("memory.oom_control").starts_with("oom_kill_disable 0");
}

bool files_are_changed(const Cgroup& cgroup) {
  if (is_v2())
    return cgroup.read("memory.high") != "max\n" && cgroup.read("memory.oom.group") == "0\n";
  return cgroup.read("memory.oom_control").starts_with("oom_kill_disable 1");
}

void prepare(Cgroup& cgroup) {
  cgroup.limit_memory(500 * kMiB);
  if (is_v2()) {
    ASSERT_TRUE(cgroup.write("memory.oom.group", "1"));
  }
}

TEST(Killed, SupervisorIsCleanedUpByTheWarden) {
  Cgroup cgroup;
  prepare(cgroup);
  App app(cgroup, {"--hold", "20M"});
  Duress duress(avoiding(cgroup));
  ASSERT_TRUE(duress.reached()) << duress.process().errors();
  ASSERT_TRUE(files_are_changed(cgroup));
  duress.process().signal(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return all_gone(cgroup) && files_are_back(cgroup); }));
  EXPECT_TRUE(wait_until([] { return processes_named("duress-warden").empty(); }));
  EXPECT_TRUE(app.alive());
  EXPECT_NE(::access(("/run/duress/" + std::to_string(duress.process().pid()) + ".journal").c_str(),
                     F_OK),
            0);
}

TEST(Killed, WardenIsCleanedUpByTheSupervisor) {
  Cgroup cgroup;
  prepare(cgroup);
  App app(cgroup, {"--hold", "20M"});
  Duress duress(avoiding(cgroup));
  ASSERT_TRUE(duress.reached());
  const auto warden = warden_of(duress.process());
  ASSERT_TRUE(warden);
  ::kill(*warden, SIGKILL);
  EXPECT_EQ(duress.process().wait(), 1);
  // Nobody but the kernel can see a toucher of a dead warden end, and init reaps it.
  EXPECT_TRUE(wait_until([&] { return all_gone(cgroup); }));
  EXPECT_TRUE(files_are_back(cgroup));
  EXPECT_THAT((*duress.last("end"))["message"].get<std::string>(), ::testing::HasSubstr("warden"));
}

TEST(Killed, BothLeaveAJournalThatTheNextStartMakesGood) {
  Cgroup cgroup;
  prepare(cgroup);
  App app(cgroup, {"--hold", "20M"});
  Duress duress(avoiding(cgroup));
  ASSERT_TRUE(duress.reached());
  const auto warden = warden_of(duress.process());
  ASSERT_TRUE(warden);
  duress.process().signal(SIGSTOP);  // so that neither sees the other die
  ::kill(*warden, SIGKILL);
  duress.process().signal(SIGKILL);
  EXPECT_TRUE(wait_until([&] { return all_gone(cgroup); }));
  EXPECT_TRUE(files_are_changed(cgroup));
  (void)duress.process().wait();
  Duress next(run_on(cgroup, {"--memory", "1MiB", "--for", "1s"}));
  EXPECT_EQ(next.process().wait(), 0);
  EXPECT_TRUE(files_are_back(cgroup));
  EXPECT_THAT(next.process().errors(), ::testing::HasSubstr("put back"));
}

TEST(Killed, BothAreMadeGoodByDoctor) {
  Cgroup cgroup;
  prepare(cgroup);
  App app(cgroup, {"--hold", "20M"});
  Duress duress(avoiding(cgroup));
  ASSERT_TRUE(duress.reached());
  const auto warden = warden_of(duress.process());
  duress.process().signal(SIGSTOP);
  ::kill(*warden, SIGKILL);
  duress.process().signal(SIGKILL);
  (void)duress.process().wait();
  ASSERT_TRUE(wait_until([&] { return all_gone(cgroup); }));
  Duress look({"doctor"});
  EXPECT_EQ(look.process().wait(), 1);
  EXPECT_THAT(look.process().output(), ::testing::HasSubstr("left behind"));
  EXPECT_TRUE(files_are_changed(cgroup));
  Duress fix({"doctor", "--fix"});
  EXPECT_EQ(fix.process().wait(), 0);
  EXPECT_TRUE(files_are_back(cgroup));
}

TEST(Killed, AtRandomMomentsNothingIsLeft) {
  std::mt19937 random(7);
  const int rounds = is_v2() ? 6 : 40;
  for (int round = 0; round < rounds; ++round) {
    Cgroup cgroup;
    prepare(cgroup);
    App app(cgroup, {"--hold", "20M"});
    Duress duress(avoiding(cgroup));
    std::this_thread::sleep_for(patience(milliseconds(random() % 60)));
    const int whom = static_cast<int>(random() % 3);
    // Killed alone, it has to be there: else nobody is killed, and the run goes on.
    if (whom == 1) {
      EXPECT_TRUE(wait_until([&] { return warden_of(duress.process()).has_value(); }));
    }
    const auto warden = warden_of(duress.process());
    if (whom != 0 && warden) ::kill(*warden, SIGKILL);
    if (whom != 1) duress.process().signal(SIGKILL);
    EXPECT_TRUE(wait_until([&] { return all_gone(cgroup); }))
        << "round " << round << ", whom " << whom;
    (void)duress.process().wait();
    (void)wait_until([] { return processes_named("duress-warden").empty(); });
    Duress fix({"doctor", "--fix"});
    EXPECT_EQ(fix.process().wait(), 0) << fix.process().output();
    EXPECT_TRUE(files_are_back(cgroup)) << "round " << round << ", whom " << whom;
    EXPECT_TRUE(app.alive());
  }
}

TEST(Lease, EndsTheWorkersOfASupervisorThatIsStopped) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "50MiB", "--cpu", "10%", "--for", "600s"}));
  ASSERT_TRUE(duress.reached());
  duress.process().signal(SIGSTOP);
  EXPECT_TRUE(wait_until([&] { return all_gone(cgroup); }, seconds(8)));
  duress.process().signal(SIGCONT);
  EXPECT_EQ(duress.process().wait(), 1);
}

TEST(Deadline, HoldsThoughTheSupervisorIsStopped) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "50MiB", "--for", "1s"}));
  ASSERT_TRUE(duress.reached());
  duress.process().signal(SIGSTOP);
  EXPECT_TRUE(wait_until([&] { return all_gone(cgroup); }, seconds(8)));
  duress.process().signal(SIGCONT);
  EXPECT_TRUE(duress.process().wait().has_value());
}

TEST(Target, EndsTheRunWithItsInit) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "50MiB", "--for", "600s"}));
  ASSERT_TRUE(duress.reached());
  app.process().signal(SIGKILL);
  EXPECT_EQ(duress.process().wait(), 4);
  EXPECT_TRUE(workers_in(cgroup).empty());
  EXPECT_TRUE(cgroup.remove()) << "the runtime could not remove the cgroup";
}

TEST(Target, InitIsTheOldestProcessOfItsCgroup) {
  Cgroup cgroup;
  App first(cgroup, {});
  App second(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "20MiB", "--for", "600s"}));
  ASSERT_TRUE(duress.reached());
  EXPECT_EQ((*duress.last("plan"))["target"]["init"], first.pid());
  second.process().signal(SIGKILL);
  std::this_thread::sleep_for(patience(milliseconds(300)));
  EXPECT_TRUE(duress.process().alive());
}

TEST(Target, MayBeAnEmptyCgroupAndEndsWhenItIsRemoved) {
  Cgroup cgroup;
  Duress duress(run_on(cgroup, {"--memory", "20MiB", "--for", "600s"}));
  ASSERT_TRUE(duress.reached()) << duress.process().errors();
  // Whoever removes it ends what is in it first, as a runtime does.
  EXPECT_TRUE(wait_until([&] { return cgroup.remove(); }));
  EXPECT_TRUE(duress.process().wait().has_value());
  EXPECT_TRUE(processes_named("duress-memory").empty());
}

TEST(Target, ThatIsFrozenMeanwhileIsReleasedAllTheSame) {
  Cgroup cgroup;
  App app(cgroup, {});
  Duress duress(run_on(cgroup, {"--memory", "50MiB", "--for", "600s"}));
  ASSERT_TRUE(duress.reached());
  cgroup.freeze(true);
  duress.process().signal(SIGINT);
  EXPECT_EQ(duress.process().wait(), 0);
  EXPECT_TRUE(workers_in(cgroup).empty());
  cgroup.freeze(false);
}

TEST(Target, IsSparedByTheGuard) {
  Cgroup cgroup;
  App app(cgroup, {});
  const std::string info = slurp("/proc/meminfo");
  const std::int64_t available = std::atoll(info.c_str() + info.find("MemAvailable:") + 13) * 1024;
  Duress duress(run_on(cgroup, {"--memory", "50MiB", "--for", "600s", "--guard",
                                std::to_string(available - 120 * kMiB)}));
  ASSERT_TRUE(duress.reached()) << duress.process().errors();
  Cgroup other;
  App eater(other, {"--hold", "400M"});
  EXPECT_EQ(duress.process().wait(), 6);
  EXPECT_TRUE(workers_in(cgroup).empty());
}

TEST(Target, IsSparedByTheGuardOnThePressureOfTheMachine) {
  Cgroup cgroup;
  App app(cgroup, {});
  const auto run =
      run_on(cgroup, {"--memory", "20MiB", "--for", "600s", "--guard-cpu-pressure", "70%"});
  if (!std::filesystem::exists("/proc/pressure/cpu")) {
    Duress refused(run);
    EXPECT_EQ(refused.process().wait(), 3);
    EXPECT_THAT(refused.process().errors(), ::testing::HasSubstr("psi=1"));
    return;
  }
  const auto pressure = [] {
    return std::atof(slurp("/proc/pressure/cpu").c_str() + std::string("some avg10=").size());
  };
  ASSERT_TRUE(wait_until([&] { return pressure() < 60; }, seconds(60)));
  Duress duress(run);
  ASSERT_TRUE(duress.reached()) << duress.process().errors();
  Cgroup other;
  std::vector<std::unique_ptr<Process>> busy;
  for (unsigned i = 0; i < 3 * std::thread::hardware_concurrency(); ++i)
    busy.push_back(std::make_unique<Process>(
        std::vector<std::string>{"/bin/sh", "-c", "while :; do :; done"}, &other));
  EXPECT_EQ(duress.process().wait(seconds(60)), 6);
  EXPECT_TRUE(workers_in(cgroup).empty());
}

TEST(Toucher, IsFarFromTheLimitOnly) {
  if (!is_v2()) GTEST_SKIP() << "v1 workers fill themselves";
  Cgroup cgroup;
  cgroup.limit_memory(300 * kMiB);
  App app(cgroup, {});
  {
    Duress far(run_on(cgroup, {"--memory", "100MiB", "--for", "600s"}));
    ASSERT_TRUE(far.reached());
    EXPECT_EQ(processes_named("duress-fill").size(), 1U);
  }
  Duress near(run_on(cgroup, {"--memory", "280MiB", "--for", "600s"}));
  ASSERT_TRUE(near.reached());
  EXPECT_TRUE(wait_until([] { return processes_named("duress-fill").empty(); }));
  EXPECT_GE(cgroup.usage(), 279 * kMiB);
}

}  // namespace
}  // namespace duress::testing
