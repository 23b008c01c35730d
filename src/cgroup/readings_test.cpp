#include "cgroup/readings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cgroup/fixture_test.h"
#include "cgroup/parse.h"

namespace duress::cgroup {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

FakeMachine::Files v1_files() {
  return {{"m/memory.usage_in_bytes", "104857600\n"},
          {"m/memory.limit_in_bytes", "524288000\n"},
          {"m/memory.kmem.usage_in_bytes", "4096\n"},
          {"m/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"},
          {"m/memory.stat",
           "rss 1\nshmem 1\ntotal_rss 9\ntotal_shmem 8\ntotal_inactive_file 7\n"
           "total_active_file 6\ntotal_swap 5\ntotal_workingset_refault_anon 1\n"
           "total_workingset_refault_file 3\ntotal_pgmajfault 4\n"},
          {"m/cgroup.procs", "70\n71\n"},
          {"m/inner/cgroup.procs", "72\n"},
          {"c/cpuacct.usage", "5000000000\n"},
          {"c/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 700\n"},
          {"c/cpu.cfs_quota_us", "50000\n"},
          {"c/cpu.cfs_period_us", "100000\n"},
          {"c/cgroup.procs", "70\n80\n"},
          {"u/memory.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=15\n"}};
}

Places v1_in(const FakeMachine& machine) {
  return {.memory = machine.root() + "/m",
          .cpu = machine.root() + "/c",
          .cpuacct = machine.root() + "/c",
          .unified = machine.root() + "/u"};
}

TEST(ReadingsV1, AllFiguresAreThoseOfTheFiles) {
  const FakeMachine machine(v1_files());
  FilePool pool(100);
  const auto readings = make_v1_readings(pool, v1_in(machine));
  const auto figures = readings->figures();
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->memory.usage, Bytes{104857600});
  EXPECT_EQ(figures->memory.anon, Bytes{9});
  EXPECT_EQ(figures->memory.shmem, Bytes{8});
  EXPECT_EQ(figures->memory.inactive_file, Bytes{7});
  EXPECT_EQ(figures->memory.active_file, Bytes{6});
  EXPECT_EQ(figures->memory.swap, Bytes{5});
  EXPECT_EQ(figures->memory.kernel, Bytes{4096});
  EXPECT_EQ(figures->memory.refaults, 4);
  EXPECT_EQ(figures->memory.major_faults, 4);
  EXPECT_EQ(figures->oom_kills, 2);
  ASSERT_TRUE(figures->cpu);
  EXPECT_EQ(figures->cpu->usage, std::chrono::seconds(5));
  EXPECT_EQ(figures->cpu->throttled_periods, 3);
  ASSERT_TRUE(figures->memory_pressure);
  EXPECT_EQ(figures->memory_pressure->some, std::chrono::microseconds(15));
  EXPECT_FALSE(figures->cpu_pressure);
  EXPECT_EQ(readings->limits().memory, Bytes{524288000});
  EXPECT_EQ(readings->limits().cpu, Cores{0.5});
}

TEST(ReadingsV1, MembersAreThoseOfBothTreesAndBelow) {
  const FakeMachine machine(v1_files());
  FilePool pool(100);
  Members members;
  make_v1_readings(pool, v1_in(machine))->members(members);
  EXPECT_THAT(members.memory, UnorderedElementsAre(70, 71, 72));
  EXPECT_THAT(members.cpu, ElementsAre(70, 80));
}

TEST(ReadingsV2, AllFiguresAreThoseOfTheFiles) {
  const FakeMachine machine(
      {{"m/memory.current", "104857600\n"},
       {"m/memory.max", "max\n"},
       {"m/memory.stat", "anon 9\nfile 1\nkernel 4096\nshmem 8\ninactive_file 7\nactive_file 6\n"},
       {"m/memory.events", "low 0\nhigh 0\nmax 4\noom 1\noom_kill 2\n"},
       {"m/cpu.stat", "usage_usec 5000000\nnr_periods 10\nnr_throttled 3\nthrottled_usec 7\n"},
       {"m/cpu.max", "50000 100000\n"},
       {"m/cpu.pressure", "some avg10=0.00 avg60=0.00 avg300=0.00 total=15\n"},
       {"m/cgroup.procs", "70\n"}});
  FilePool pool(100);
  const auto readings = make_v2_readings(pool, {.memory = machine.root() + "/m"});
  const auto figures = readings->figures();
  ASSERT_TRUE(figures);
  EXPECT_EQ(figures->memory.usage, Bytes{104857600});
  EXPECT_EQ(figures->memory.anon, Bytes{9});
  EXPECT_EQ(figures->memory.kernel, Bytes{4096});
  EXPECT_EQ(figures->memory.shmem, Bytes{8});
  EXPECT_EQ(figures->memory.inactive_file, Bytes{7});
  EXPECT_EQ(figures->memory.active_file, Bytes{6});
  EXPECT_EQ(figures->oom_kills, 2);
  EXPECT_EQ(figures->cpu->usage, std::chrono::seconds(5));
  EXPECT_EQ(figures->cpu->throttled, std::chrono::microseconds(7));
  EXPECT_FALSE(figures->memory_pressure);
  EXPECT_EQ(figures->cpu_pressure->some, std::chrono::microseconds(15));
  EXPECT_FALSE(readings->limits().memory);
  EXPECT_EQ(readings->limits().cpu, Cores{0.5});
}

TEST(Readings, RemovedCgroupIsGone) {
  const FakeMachine machine(v1_files());
  FilePool pool(0);
  const auto readings = make_v1_readings(pool, v1_in(machine));
  ASSERT_TRUE(readings->figures());
  std::filesystem::remove_all(machine.root() + "/m");
  EXPECT_EQ(readings->figures().error().code, Code::kGone);
}

TEST(FilePool, KeepsAsManyOpenAsItMayAndReadsTheRestAllTheSame) {
  const FakeMachine machine(v1_files());
  FilePool pool(2);
  const auto first = make_v1_readings(pool, v1_in(machine));
  auto second = make_v1_readings(pool, v1_in(machine));
  for (int look = 0; look < 2; ++look) {
    EXPECT_EQ(first->figures()->memory.anon, Bytes{9});
    EXPECT_EQ(second->figures()->memory.anon, Bytes{9});
    EXPECT_EQ(pool.open_files(), 2U);
  }
}

TEST(FilePool, GivesBackWhatAFileHeldOpen) {
  const FakeMachine machine(v1_files());
  FilePool pool(50);
  auto readings = make_v1_readings(pool, v1_in(machine));
  ASSERT_TRUE(readings->figures());
  EXPECT_GT(pool.open_files(), 4U);
  readings.reset();
  EXPECT_EQ(pool.open_files(), 0U);
}

TEST(FilePool, ReadsAListOfAnyLength) {
  std::string pids;
  for (int pid = 100000; pid < 120000; ++pid) pids += std::to_string(pid) + "\n";
  auto files = v1_files();
  files["m/cgroup.procs"] = pids;
  const FakeMachine machine(files);
  FilePool pool(50);
  Members members;
  make_v1_readings(pool, v1_in(machine))->members(members);
  EXPECT_EQ(members.memory.size(), 20001U);
}

TEST(StatValues, AreFoundInOnePassAndTheFirstCounts) {
  const std::string_view keys[] = {"a", "bc", "d"};
  std::optional<std::int64_t> found[3];
  stat_values("bc 2\na 1\nabc 9\na 7\n d 3\nbroken\n", keys, found);
  EXPECT_EQ(found[0], 1);
  EXPECT_EQ(found[1], 2);
  EXPECT_FALSE(found[2]);
}

}  // namespace
}  // namespace duress::cgroup
