#include "observe/overview.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cgroup/fixture_test.h"

namespace duress::observe {
namespace {

using cgroup::FakeMachine;
using std::chrono::seconds;
using ::testing::SizeIs;

const std::string kId = "3f2a91" + std::string(58, '0');
const std::string kPod = "/kubepods/burstable/pod1";
const std::string kPath = kPod + "/" + kId;

class HandClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return at; }
  [[nodiscard]] WallTime wall() const override { return WallTime(at.time_since_epoch()); }
  Instant at{seconds(1000)};
};

FakeMachine::Files machine_files() {
  const std::string group = "cg" + kPath;
  return {{"proc/self/mountinfo", "1 0 0:1 / @/cg rw - cgroup2 cgroup2 rw\n"},
          {"proc/meminfo", "MemTotal: 1024000 kB\nMemAvailable: 800000 kB\n"},
          {"proc/70/comm", "app\n"},
          {"cg/cgroup.controllers", "cpu memory\n"},
          {group + "/memory.current", "104857600\n"},
          {group + "/memory.max", "524288000\n"},
          {group + "/memory.stat", "anon 60000000\nactive_file 1000000\ninactive_file 4857600\n"},
          {group + "/memory.events", "oom 1\noom_kill 2\n"},
          {group + "/cpu.stat", "usage_usec 5000000\nnr_periods 10\nnr_throttled 3\n"},
          {group + "/cpu.max", "max 100000\n"},
          {group + "/cgroup.procs", "70\n"},
          {"cg" + kPod + "/memory.max", "262144000\n"},
          {"cg" + kPod + "/cpu.max", "50000 100000\n"},
          {"docker/containers/" + kId + "/config.v2.json", R"({"Name":"/web"})"}};
}

SurveySetting setting_of(const FakeMachine& machine) {
  SurveySetting out;
  out.roots = {.proc = machine.root() + "/proc", .cgroup = machine.root()};
  out.hierarchy = *cgroup::detect(out.roots);
  out.names.docker = {machine.root() + "/docker"};
  out.most_open_files = 100;
  return out;
}

TEST(Overview, TightestLimitOnTheWayUpCounts) {
  const FakeMachine machine(machine_files());
  const HandClock clock;
  Surveyor surveyor(setting_of(machine), clock);
  auto look = surveyor.look();
  ASSERT_TRUE(look) << look.error().message;
  ASSERT_THAT(look->rows, SizeIs(1));
  const Row& row = look->rows[0];
  EXPECT_EQ(row.limit, Bytes{262144000});
  EXPECT_EQ(row.limit_at, LimitAt::kPod);
  EXPECT_EQ(row.limit_path, kPod);
  EXPECT_DOUBLE_EQ(row.percent().value, 40);
  EXPECT_EQ(row.quota, Cores{0.5});
  EXPECT_EQ(row.title(), "web");
  EXPECT_EQ(row.pod->qos, QosClass::kBurstable);
  EXPECT_EQ(row.memory.working_set(), Bytes{100000000});
  EXPECT_EQ(row.oom_kills, 2);
  EXPECT_EQ(row.processes, 1);
  EXPECT_FALSE(row.rates.cpu);
  EXPECT_EQ(look->node_used(), kib(224000));
}

TEST(Overview, LimitsAreReadAnewEveryTime) {
  const FakeMachine machine(machine_files());
  HandClock clock;
  Surveyor surveyor(setting_of(machine), clock);
  (void)surveyor.look();
  machine.put("cg" + kPath + "/memory.max", "209715200\n");
  machine.put("cg" + kPod + "/memory.max", "max\n");
  EXPECT_EQ(surveyor.look()->rows[0].limit_at, LimitAt::kContainer);
  machine.put("cg" + kPath + "/memory.max", "max\n");
  const auto look = surveyor.look();
  EXPECT_EQ(look->rows[0].limit_at, LimitAt::kNode);
  EXPECT_EQ(look->rows[0].limit, kib(1024000));
  EXPECT_EQ(look->rows[0].limit_path, "");
}

TEST(Overview, LimitAboveThePodAndBeyondTheMachine) {
  const FakeMachine machine(machine_files());
  const HandClock clock;
  Surveyor surveyor(setting_of(machine), clock);
  machine.put("cg/kubepods/memory.max", "1000000\n");
  EXPECT_EQ(surveyor.look()->rows[0].limit_at, LimitAt::kAbove);
  for (const std::string& path : {std::string("/kubepods"), kPod, kPath})
    machine.put("cg" + path + "/memory.max", "9000000000000\n");
  EXPECT_EQ(surveyor.look()->rows[0].limit_at, LimitAt::kNode);
}

TEST(Overview, RatesAreThoseOfTheTimeBetween) {
  const FakeMachine machine(machine_files());
  HandClock clock;
  Surveyor surveyor(setting_of(machine), clock);
  (void)surveyor.look();
  clock.at += seconds(2);
  machine.put("cg" + kPath + "/cpu.stat", "usage_usec 5500000\nnr_periods 30\nnr_throttled 8\n");
  const auto look = surveyor.look();
  EXPECT_EQ(look->since_last, seconds(2));
  EXPECT_DOUBLE_EQ(look->rows[0].rates.cpu->value, 0.25);
  EXPECT_DOUBLE_EQ(look->rows[0].rates.throttled->value, 25);
  EXPECT_DOUBLE_EQ(look->rows[0].percent_of_quota()->value, 50);
  EXPECT_FALSE(look->rows[0].rates.memory_pressure);
}

TEST(Overview, ContainersComeAndGo) {
  const FakeMachine machine(machine_files());
  HandClock clock;
  Surveyor surveyor(setting_of(machine), clock);
  (void)surveyor.look();
  std::filesystem::remove_all(machine.root() + "/cg" + kPath);
  EXPECT_THAT(surveyor.look()->rows, SizeIs(0));
  machine.put("cg" + kPath + "/memory.current", "5\n");
  EXPECT_THAT(surveyor.look()->rows, SizeIs(0)) << "half removed: no memory.stat";
  machine.put("cg" + kPath + "/memory.stat", "anon 1\n");
  clock.at += seconds(1);
  const auto look = surveyor.look();
  ASSERT_THAT(look->rows, SizeIs(1));
  EXPECT_FALSE(look->rows[0].rates.cpu) << "another cgroup under the same name has no rate yet";
}

TEST(Overview, CgroupThatIsNamedIsShownBesideTheContainers) {
  const FakeMachine machine(machine_files());
  machine.put("cg/mine/memory.current", "5\n");
  machine.put("cg/mine/memory.stat", "anon 1\n");
  const HandClock clock;
  SurveySetting setting = setting_of(machine);
  setting.cgroups = {"/mine"};
  Surveyor surveyor(setting, clock);
  const auto look = surveyor.look();
  ASSERT_THAT(look->rows, SizeIs(2));
  EXPECT_EQ(look->rows[1].title(), "/mine");
  setting.containers = false;
  Surveyor alone(setting, clock);
  EXPECT_THAT(alone.look()->rows, SizeIs(1));
}

TEST(Overview, ApplicationDuressAndCacheMakeUpTheUsage) {
  Row row;
  row.memory.usage = mib(100);
  row.memory.active_file = mib(5);
  row.memory.inactive_file = mib(15);
  row.workers.resident = mib(50);
  EXPECT_EQ(row.cache(), mib(20));
  EXPECT_EQ(row.application(), mib(30));
  row.workers.resident = mib(90);
  EXPECT_EQ(row.application(), Bytes{0}) << "counters are not read in one moment";
}

TEST(Rates, AreUnsetWhereThereIsNoFigure) {
  cgroup::Figures before;
  cgroup::Figures after;
  EXPECT_FALSE(rates_between(before, after, seconds(1)).cpu);
  before.cpu.emplace();
  after.cpu.emplace();
  EXPECT_EQ(rates_between(before, after, seconds(1)).cpu, Cores{0});
  EXPECT_FALSE(rates_between(before, after, seconds(1)).throttled) << "no period: no quota";
  EXPECT_FALSE(rates_between(before, after, seconds(0)).cpu);
  before.memory_pressure.emplace();
  after.memory_pressure = cgroup::Pressure{.some = std::chrono::milliseconds(500)};
  EXPECT_DOUBLE_EQ(rates_between(before, after, seconds(1)).memory_pressure->value, 50);
}

}  // namespace
}  // namespace duress::observe
