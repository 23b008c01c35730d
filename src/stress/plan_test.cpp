#include "stress/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace duress::stress {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

cgroup::Level level(std::string path, Bytes usage, std::optional<Bytes> limit) {
  cgroup::Level out;
  out.path = std::move(path);
  out.usage = usage;
  out.limit = limit;
  return out;
}

// The article's: 100 MiB of an application at 988 below 500 MiB, on a node of 16 GiB.
Observed article() {
  Observed out;
  out.levels = {level("/pod/c", mib(110), mib(500)), level("/pod", mib(120), std::nullopt)};
  out.memory.usage = mib(110);
  out.memory.anon = mib(100);
  out.memory.inactive_file = mib(10);
  out.processes = {
      {.pid = 7, .name = "node", .inputs = {.resident_pages = 25'600, .oom_score_adj = 988}}};
  out.init = 7;
  out.init_oom_score_adj = 988;
  out.node_total = gib(16);
  out.node_available = gib(8);
  out.node_cpus = 4;
  cgroup::CpuLimits cpu;
  cpu.cpus = 4;
  out.cpu = cpu;
  return out;
}

Asked memory(std::variant<Bytes, Percent> size,
             spec::OomPolicy policy = spec::OomPolicy::kNatural) {
  spec::MemoryLoad load;
  load.size = size;
  load.when_oom.policy = policy;
  Asked out;
  out.loads.memory = load;
  return out;
}

Asked cpu(double percent, int workers = 1) {
  spec::CpuLoad load;
  load.load = Percent{percent};
  load.workers = workers;
  Asked out;
  out.loads.cpu = load;
  return out;
}

TEST(Plan, TakesASizeAsTheTotalOfAllWorkers) {
  Asked asked = memory(mib(50));
  asked.loads.memory->workers = 4;
  const Plan plan = make_plan(asked, article());
  EXPECT_EQ(plan.memory->size, mib(50));
  EXPECT_THAT(plan.memory->shares, ElementsAre(0.25, 0.25, 0.25, 0.25));
  asked.loads.memory->size_of = spec::SizeOf::kWorker;
  EXPECT_EQ(make_plan(asked, article()).memory->size, mib(200));
}

TEST(Plan, TakesPercentOfTheEffectiveLimit) {
  Observed seen = article();
  EXPECT_EQ(make_plan(memory(Percent{80}), seen).memory->size, mib(400));
  seen.levels[1].limit = mib(300);  // the pod's is smaller
  EXPECT_EQ(make_plan(memory(Percent{80}), seen).memory->size, mib(240));
}

TEST(Plan, SaysThatPercentIsOfTheNodeWhereThereIsNoLimit) {
  Observed seen = article();
  seen.levels[0].limit.reset();
  const Plan plan = make_plan(memory(Percent{10}), seen);
  EXPECT_EQ(plan.memory->size, percent_of(Percent{10}, gib(16)));
  EXPECT_THAT(plan.notes, ElementsAre(HasSubstr("no memory limit")));
}

TEST(Plan, TakesPercentOfWhatTheUserNames) {
  Asked asked = memory(Percent{50});
  asked.loads.memory->percent_of = spec::PercentOf::kAvailable;
  EXPECT_EQ(make_plan(asked, article()).memory->size, mib(200));  // half of 500 - 110 + 10
  asked.loads.memory->percent_of = spec::PercentOf::kRequest;
  EXPECT_THAT(make_plan(asked, article()).refusals, ElementsAre(HasSubstr("--request")));
  asked.loads.memory->request = mib(200);
  EXPECT_EQ(make_plan(asked, article()).memory->size, mib(100));
  asked.loads.memory->percent_of = spec::PercentOf::kLimit;
  Observed unlimited = article();
  unlimited.levels[0].limit.reset();
  EXPECT_THAT(make_plan(asked, unlimited).refusals, ElementsAre(HasSubstr("memory limit")));
}

TEST(Plan, RefusesWhatTheGuardWouldEndAtOnceWithTheFigures) {
  Observed seen = article();
  seen.levels[0].limit.reset();
  const Plan plan = make_plan(memory(gib(8)), seen);
  EXPECT_EQ(plan.guard.memory, percent_of(Percent{5}, gib(16)));
  EXPECT_THAT(plan.refusals, ElementsAre(AllOf(HasSubstr("8 GiB"), HasSubstr("guard"),
                                               HasSubstr("at most 7.2 GiB"))));
}

TEST(Plan, TheGuardLooksAtWhatALimitLetsThrough) {
  // 3000 MiB are asked for, but only 400 can come below the limit.
  Observed seen = article();
  seen.node_available = gib(2);
  EXPECT_THAT(make_plan(memory(mib(3000)), seen).refusals, IsEmpty());
}

TEST(Plan, TakesTheGuardThatTheUserSets) {
  Asked asked = memory(mib(50));
  asked.loads.guards.node_memory = mib(100);
  EXPECT_EQ(make_plan(asked, article()).guard.memory, mib(100));
  asked.loads.guards.node_memory = Percent{50};
  EXPECT_EQ(make_plan(asked, article()).guard.memory, gib(8));
}

TEST(Plan, RefusesMoreThanMayBeHeldAndSaysWhatItWouldBe) {
  Asked asked = memory(Percent{80});
  asked.at_most = mib(400);
  EXPECT_THAT(make_plan(asked, article()).refusals, IsEmpty());
  EXPECT_EQ(make_plan(asked, article()).memory->most, mib(400));
  asked.at_most = mib(399);
  const Plan plan = make_plan(asked, article());
  EXPECT_THAT(plan.refusals, ElementsAre(AllOf(HasSubstr("400 MiB is asked for"),
                                               HasSubstr("399 MiB may be held"))));
  EXPECT_EQ(plan.memory->size, mib(400));
}

TEST(Plan, ALevelCountsAsAWhole) {
  Asked asked = memory(mib(150));
  asked.loads.memory->mode = spec::Mode::kReach;  // 50 more than there are
  asked.at_most = mib(100);
  EXPECT_EQ(make_plan(asked, article()).refusals.size(), 1U);
}

TEST(Plan, AvoidKeepsTheLargerOf16MiBAnd3Percent) {
  EXPECT_EQ(make_plan(memory(mib(3000), spec::OomPolicy::kAvoid), article()).memory->keep_free,
            mib(16));
  Observed large = article();
  large.levels[0].limit = gib(4);
  EXPECT_EQ(make_plan(memory(mib(3000), spec::OomPolicy::kAvoid), large).memory->keep_free,
            percent_of(Percent{3}, gib(4)));
}

TEST(Plan, StressorFirstMakesOneWorkerOutweighTheApplication) {
  Asked asked = memory(mib(3000), spec::OomPolicy::kStressorFirst);
  asked.loads.memory->workers = 4;
  const Plan plan = make_plan(asked, article());
  EXPECT_EQ(plan.memory->oom_score_adj, 1000);
  EXPECT_NEAR(plan.memory->shares[0], 0.94, 1e-9);
  EXPECT_NEAR(plan.memory->shares[3], 0.02, 1e-9);
}

TEST(Plan, AppFirstIsRefusedWithBothFigures) {
  Observed seen = article();
  seen.can_lower_oom_score = false;
  EXPECT_THAT(make_plan(memory(mib(3000), spec::OomPolicy::kAppFirst), seen).refusals, IsEmpty());
  seen.processes[0].inputs.oom_score_adj = 0;
  EXPECT_THAT(make_plan(memory(mib(3000), spec::OomPolicy::kAppFirst), seen).refusals,
              ElementsAre(AllOf(HasSubstr("largest worker"), HasSubstr("node (7) 100 MiB"))));
}

TEST(Plan, AWorkerHasTheApplicationsOomScoreUnlessTold) {
  Asked asked = memory(mib(50));
  EXPECT_EQ(make_plan(asked, article()).memory->oom_score_adj, 988);
  asked.loads.memory->oom_score_adj = 0;
  EXPECT_EQ(make_plan(asked, article()).memory->oom_score_adj, 0);
}

TEST(Plan, SaysWhatIsLostWithoutSysResource) {
  Observed seen = article();
  seen.init_oom_score_adj = -997;
  seen.can_lower_oom_score = false;
  const Plan plan = make_plan(memory(mib(50)), seen);
  EXPECT_EQ(plan.memory->oom_score_adj, 0);
  EXPECT_THAT(plan.notes, ElementsAre(AllOf(HasSubstr("-997"), HasSubstr("CAP_SYS_RESOURCE"))));
  Asked asked = memory(mib(50));
  asked.loads.memory->oom_score_adj = -500;
  EXPECT_THAT(make_plan(asked, seen).refusals, ElementsAre(HasSubstr("CAP_SYS_RESOURCE")));
}

TEST(Plan, LocksOrSaysWhatIsMissing) {
  Observed seen = article();
  seen.can_lock = false;
  Asked asked = memory(mib(50));
  EXPECT_THAT(make_plan(asked, seen).refusals, ElementsAre(HasSubstr("CAP_IPC_LOCK")));
  asked.loads.memory->swappable = true;
  EXPECT_THAT(make_plan(asked, seen).refusals, IsEmpty());
}

TEST(Plan, RefusesMoreWorkersThanThePidsLimitLeaves) {
  Observed seen = article();
  seen.counts_pids = true;
  seen.pids = cgroup::PidsRoom{.max = 10, .current = 8, .path = "/pod/c"};
  Asked asked = memory(mib(50));
  asked.loads.memory->workers = 4;
  EXPECT_THAT(make_plan(asked, seen).refusals,
              ElementsAre(AllOf(HasSubstr("10"), HasSubstr("at most 2"))));
  seen.counts_pids = false;  // v1: workers do not join that tree
  EXPECT_THAT(make_plan(asked, seen).refusals, IsEmpty());
}

TEST(Plan, CpuIsWorkersTimesLoad) {
  EXPECT_DOUBLE_EQ(make_plan(cpu(30, 2), article()).cpu->asked.value, 0.6);
  EXPECT_EQ(make_plan(cpu(30), article()).cpu->nice, -20);
}

TEST(Plan, CpuPercentOfTheLimitNeedsALimitAndEnoughWorkers) {
  Asked asked = cpu(100);
  asked.loads.cpu->percent_of = spec::CpuPercentOf::kLimit;
  EXPECT_THAT(make_plan(asked, article()).refusals, ElementsAre(HasSubstr("CPU limit")));
  Observed seen = article();
  seen.cpu->quota = Cores{1.5};
  EXPECT_THAT(make_plan(asked, seen).refusals, ElementsAre(HasSubstr("give 2 workers")));
  asked.loads.cpu->workers = 2;
  EXPECT_DOUBLE_EQ(make_plan(asked, seen).cpu->asked.value, 1.5);
}

TEST(Plan, CpuSaysWhatIsPossible) {
  Observed seen = article();
  seen.cpu->quota = Cores{0.5};
  EXPECT_THAT(make_plan(cpu(80), seen).notes, ElementsAre(HasSubstr("can get 0.50")));
  seen.cpu.reset();
  EXPECT_THAT(make_plan(cpu(80), seen).refusals, ElementsAre(HasSubstr("no CPU controller")));
}

TEST(Headroom, IsToTheNearestLimitOnTheWayUp) {
  EXPECT_EQ(
      headroom({level("/a/b", mib(10), std::nullopt), level("/a", mib(90), mib(100))}, mib(0)),
      mib(10));
  EXPECT_EQ(headroom({level("/a/b", mib(10), mib(15)), level("/a", mib(90), mib(100))}, mib(2)),
            mib(7));
  EXPECT_EQ(headroom({level("/a", mib(10), std::nullopt)}, mib(0)), std::nullopt);
}

TEST(Plan, RefusesWhatItsPressureGuardWouldEndAtOnce) {
  Asked asked = memory(mib(50));
  asked.loads.guards.node_pressure.memory = Percent{20};
  EXPECT_THAT(make_plan(asked, article()).refusals, ElementsAre(HasSubstr("psi=1")));
  Observed seen = article();
  seen.node_pressure.memory = Percent{19};
  EXPECT_THAT(make_plan(asked, seen).refusals, IsEmpty());
  EXPECT_EQ(make_plan(asked, seen).guard.pressure.memory, Percent{20});
  seen.node_pressure.memory = Percent{20};
  EXPECT_THAT(make_plan(asked, seen).refusals, ElementsAre(HasSubstr("wait until it has eased")));
}

}  // namespace
}  // namespace duress::stress
