#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cgroup/fixture_test.h"
#include "cgroup/target.h"

namespace duress::cgroup {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

const std::string kId = "3f2a91" + std::string(58, '0');
const std::string kOther = "3f2b00" + std::string(58, '1');

// Controllers on separate mounts, and a v2 tree without memory beside them.
FakeMachine::Files v1() {
  const std::string pod = "/kubepods/burstable/pod1/" + kId;
  return {
      {"proc/self/mountinfo",
       "1 0 0:1 / @/memory rw - cgroup cgroup rw,memory\n"
       "2 0 0:2 / @/cpu rw - cgroup cgroup rw,cpu,cpuacct\n"
       "3 0 0:3 / @/pids rw - cgroup cgroup rw,pids\n"
       "4 0 0:4 / @/freezer rw - cgroup cgroup rw,freezer\n"
       "5 0 0:5 / @/systemd rw - cgroup cgroup rw,name=systemd\n"
       "6 0 0:6 / @/unified rw - cgroup2 cgroup2 rw\n"},
      {"unified/cgroup.controllers", "\n"},
      {"proc/self/cgroup", "4:memory:/own/inner\n3:cpu,cpuacct:/\n0::/\n"},
      {"proc/1/stat", stat_of(0)},
      {"proc/2/stat", stat_of(1, 0x00200040)},
      {"proc/2/cgroup", "4:memory:/\n"},
      {"proc/70/stat", stat_of(700)},
      {"proc/70/cgroup", "4:memory:" + pod + "\n3:cpu,cpuacct:" + pod + "\n2:pids:" + pod +
                             "\n1:freezer:" + pod + "\n"},
      {"proc/71/stat", stat_of(600)},
      {"proc/71/cgroup", "4:memory:" + pod + "\n3:cpu,cpuacct:" + pod + "\n2:pids:" + pod +
                             "\n1:freezer:" + pod + "\n"},
      {"memory/own/inner/cgroup.procs", ""},
      {"memory" + pod + "/cgroup.procs", "70\n71\n"},
      {"memory" + pod + "/memory.usage_in_bytes", "104857600\n"},
      {"memory" + pod + "/memory.limit_in_bytes", "524288000\n"},
      {"memory" + pod + "/memory.oom_control", "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"},
      {"memory" + pod + "/memory.stat",
       "rss 1\ntotal_rss 94371840\ntotal_inactive_file 1048576\ntotal_active_file "
       "2097152\ntotal_shmem 0\n"},
      {"memory/kubepods/burstable/pod1/memory.usage_in_bytes", "110000000\n"},
      {"memory/kubepods/burstable/pod1/memory.limit_in_bytes", "9223372036854771712\n"},
      {"memory/kubepods/burstable/memory.usage_in_bytes", "110000000\n"},
      {"memory/kubepods/burstable/memory.limit_in_bytes", "200000000\n"},
      {"memory/kubepods/memory.usage_in_bytes", "110000000\n"},
      {"memory/kubepods/memory.limit_in_bytes", "9223372036854771712\n"},
      {"memory/docker/" + kOther + "/cgroup.procs", ""},
      {"memory/machine/libpod-conmon-" + kOther + ".scope/cgroup.procs", ""},
      {"cpu" + pod + "/cpuacct.usage", "5000000000\n"},
      {"cpu" + pod + "/cpu.stat", "nr_periods 10\nnr_throttled 3\nthrottled_time 700\n"},
      {"cpu" + pod + "/cpu.cfs_quota_us", "50000\n"},
      {"cpu" + pod + "/cpu.cfs_period_us", "100000\n"},
      {"cpu" + pod + "/cpu.shares", "102\n"},
      {"cpu/kubepods/burstable/pod1/other/cpu.shares", "1024\n"},
      {"cpu/kubepods/burstable/pod1/other/cgroup.procs", "99\n"},
      {"cpu/kubepods/burstable/pod1/idle/cpu.shares", "1024\n"},
      {"cpu/kubepods/burstable/pod1/idle/cgroup.procs", ""},
      {"pids" + pod + "/pids.max", "max\n"},
      {"pids" + pod + "/pids.current", "4\n"},
      {"pids/kubepods/burstable/pod1/pids.max", "20\n"},
      {"pids/kubepods/burstable/pod1/pids.current", "8\n"},
      {"pids/kubepods/burstable/pids.max", "max\n"},
      {"pids/kubepods/burstable/pids.current", "8\n"},
      {"freezer" + pod + "/freezer.state", "THAWED\n"},
  };
}

FakeMachine::Files v2() {
  const std::string scope = "/kubepods.slice/cri-containerd-" + kId + ".scope";
  return {
      {"proc/self/mountinfo", "1 0 0:1 / @/cg rw - cgroup2 cgroup2 rw,nsdelegate\n"},
      {"cg/cgroup.controllers", "cpuset cpu io memory pids\n"},
      {"proc/self/cgroup", "0::/init\n"},
      {"proc/70/stat", stat_of(700)},
      {"proc/70/cgroup", "0::" + scope + "\n"},
      {"cg" + scope + "/cgroup.procs", "70\n"},
      {"cg" + scope + "/cgroup.events", "populated 1\nfrozen 0\n"},
      {"cg" + scope + "/cgroup.subtree_control", "\n"},
      {"cg" + scope + "/memory.current", "104857600\n"},
      {"cg" + scope + "/memory.max", "524288000\n"},
      {"cg" + scope + "/memory.high", "400000000\n"},
      {"cg" + scope + "/memory.oom.group", "1\n"},
      {"cg" + scope + "/memory.stat",
       "anon 94371840\nfile 3145728\nkernel 77\nactive_file 1\ninactive_file 1048576\nshmem 0\n"},
      {"cg" + scope + "/memory.events",
       "low 0\nhigh 4\nmax 3\noom 2\noom_kill 1\noom_group_kill 0\n"},
      {"cg" + scope + "/cpu.stat",
       "usage_usec 5000\nnr_periods 10\nnr_throttled 3\nthrottled_usec 7\n"},
      {"cg" + scope + "/cpu.max", "50000 100000\n"},
      {"cg" + scope + "/cpu.weight", "100\n"},
      {"cg" + scope + "/pids.max", "10\n"},
      {"cg" + scope + "/pids.current", "3\n"},
      {"cg/kubepods.slice/memory.current", "110000000\n"},
      {"cg/kubepods.slice/memory.max", "max\n"},
      {"cg/kubepods.slice/cpu.max", "20000 100000\n"},
      {"cg/kubepods.slice/cpu.weight", "300\n"},
      {"cg/system.slice/cpu.weight", "100\n"},
      {"cg/system.slice/cgroup.procs", "5\n"},
  };
}

struct World {
  FakeMachine machine;
  Roots roots;
  Hierarchy hierarchy;
  explicit World(const FakeMachine::Files& files) : machine(files) {
    roots = {.proc = machine.root() + "/proc", .cgroup = machine.root()};
    hierarchy = *detect(roots);
  }
  Result<Target> find(const Wanted& wanted) const { return locate(roots, hierarchy, wanted); }
  Error refusal(const Wanted& wanted) const {
    auto found = find(wanted);
    return found ? Error{Code::kInternal, "was found"} : found.error();
  }
};

TEST(Detect, TellsV1HybridAndV2) {
  EXPECT_EQ(World(v1()).hierarchy.version, Version::kV1);
  EXPECT_TRUE(World(v1()).hierarchy.hybrid);
  EXPECT_EQ(World(v2()).hierarchy.version, Version::kV2);
  EXPECT_FALSE(World(v2()).hierarchy.hybrid);
}

TEST(Detect, RefusesAMachineWithoutTheMemoryController) {
  FakeMachine machine({{"proc/self/mountinfo", "1 0 0:1 / @/cg rw - cgroup2 cgroup2 rw\n"},
                       {"cg/cgroup.controllers", "cpu\n"}});
  auto hierarchy = detect({.proc = machine.root() + "/proc", .cgroup = machine.root()});
  EXPECT_EQ(hierarchy.error().code, Code::kUnsupported);
}

TEST(Locate, ByPidContainerAndPathMeanTheSame) {
  World world(v1());
  const std::string path = "/kubepods/burstable/pod1/" + kId;
  for (const Wanted& wanted :
       {Wanted(ByPid{70}), Wanted(ByContainer{kId}), Wanted(ByContainer{"3f2a"}),
        Wanted(ByContainer{"containerd://" + kId}), Wanted(ByPath{path}),
        Wanted(ByPath{path.substr(1)}), Wanted(ByPath{world.machine.root() + "/memory" + path})}) {
    auto target = world.find(wanted);
    ASSERT_TRUE(target) << target.error().message;
    EXPECT_EQ(target->path, path);
    EXPECT_EQ(target->container_id, kId);
    EXPECT_EQ(target->init, 71) << "the oldest";
  }
}

TEST(Locate, OpensEachTreeWhereTheProcessesAre) {
  World world(v1());
  auto target = world.find(ByPid{70});
  std::vector<std::string> names;
  for (const Tree& tree : target->trees) names.push_back(tree.controllers);
  EXPECT_EQ(names.front(), "memory");
  EXPECT_THAT(names, UnorderedElementsAre("memory", "cpu,cpuacct", "pids", "freezer"));
}

TEST(Locate, RefusesWhatIsNoTarget) {
  World world(v1());
  EXPECT_THAT(world.refusal(ByPid{1}).message, HasSubstr("init"));
  EXPECT_THAT(world.refusal(ByPid{2}).message, HasSubstr("kernel thread"));
  EXPECT_EQ(world.refusal(ByPid{4000}).code, Code::kGone);
  EXPECT_THAT(world.refusal(ByPath{"/"}).message, HasSubstr("whole machine"));
  EXPECT_THAT(world.refusal(ByPath{"own/inner"}).message, HasSubstr("this very process"));
  EXPECT_THAT(world.refusal(ByPath{"own"}).message, HasSubstr("this very process"));
  EXPECT_EQ(world.refusal(ByPath{"kubepods/../own"}).code, Code::kRefused);
  EXPECT_THAT(world.refusal(ByPath{"nowhere"}).message,
              AllOf(HasSubstr("nowhere"), HasSubstr("3f2a91")));
  std::filesystem::create_directory_symlink("/tmp", world.machine.root() + "/memory/out");
  EXPECT_THAT(world.refusal(ByPath{"out"}).message, HasSubstr("leads out"));
}

TEST(Locate, ListsTheContainersThatThereAre) {
  World world(v1());
  EXPECT_THAT(world.refusal(ByContainer{"deadbeef"}).message,
              AllOf(HasSubstr("3f2a91000000"), HasSubstr("3f2b00111111")));
  EXPECT_THAT(world.refusal(ByContainer{"3f2"}).message, HasSubstr("at least 4"));
  world.machine.put("memory/x/docker-3f2a92" + std::string(58, '0') + ".scope/cgroup.procs", "");
  EXPECT_THAT(world.refusal(ByContainer{"3f2a9"}).message, HasSubstr("ambiguous"));
  EXPECT_THAT(*containers(world.roots, world.hierarchy), SizeIs(3)) << "conmon is none";
}

TEST(Locate, TakesACgroupsOwnName) {
  World world(v1());
  world.machine.put("memory/default/redis-1/cgroup.procs", "");
  EXPECT_EQ(world.find(ByContainer{"redis-1"})->path, "/default/redis-1");
}

TEST(Locate, RefusesAFrozenOne) {
  World old(v1());
  old.machine.put("freezer/kubepods/burstable/pod1/" + kId + "/freezer.state", "FROZEN\n");
  EXPECT_THAT(old.refusal(ByPid{70}).message, HasSubstr("frozen"));
  World world(v2());
  world.machine.put("cg/kubepods.slice/cri-containerd-" + kId + ".scope/cgroup.events",
                    "populated 1\nfrozen 1\n");
  EXPECT_THAT(world.refusal(ByPid{70}).message, HasSubstr("frozen"));
}

TEST(Locate, KnowsThatAV2CgroupPassesControllersOn) {
  World world(v2());
  EXPECT_FALSE(world.find(ByPid{70})->has_children);
  world.machine.put("cg/kubepods.slice/cri-containerd-" + kId + ".scope/cgroup.subtree_control",
                    "memory\n");
  EXPECT_TRUE(world.find(ByPid{70})->has_children);
}

TEST(PidsRoom, IsTheSmallestOnTheWayUp) {
  World old(v1());
  const auto room = *pids_room(*old.find(ByPid{70}));
  ASSERT_TRUE(room);
  EXPECT_EQ(room->max, 20);
  World world(v2());
  EXPECT_EQ(
      (*pids_room(*world.find(ByPid{70})))->max - (*pids_room(*world.find(ByPid{70})))->current, 7);
}

TEST(V1Memory, ReadsItsFiles) {
  World world(v1());
  auto target = world.find(ByPid{70});
  const auto use = target->memory->read();
  ASSERT_TRUE(use);
  EXPECT_EQ(use->usage, mib(100));
  EXPECT_EQ(use->anon, mib(90));
  EXPECT_EQ(use->working_set(), mib(99));
  EXPECT_EQ(target->memory->oom()->kills, 2);
  const auto levels = *target->memory->levels();
  ASSERT_THAT(levels, SizeIs(4));
  EXPECT_EQ(levels[0].limit, mib(500));
  EXPECT_EQ(levels[1].limit, std::nullopt);
  EXPECT_EQ(effective_limit(levels)->limit, Bytes{200000000});
  EXPECT_EQ(effective_limit(levels)->level, 2U);
}

TEST(V2Memory, ReadsItsFiles) {
  World world(v2());
  auto target = world.find(ByPid{70});
  EXPECT_EQ(target->memory->read()->anon, mib(90));
  EXPECT_EQ(target->memory->read()->kernel, Bytes{77});
  EXPECT_EQ(target->memory->oom()->kills, 1);
  const auto levels = *target->memory->levels();
  ASSERT_THAT(levels, SizeIs(2));
  EXPECT_EQ(levels[0].high, Bytes{400000000});
  EXPECT_TRUE(levels[0].oom_group);
  EXPECT_EQ(levels[1].limit, std::nullopt);
}

TEST(Memory, TellsThatTheCgroupIsGone) {
  World world(v2());
  auto target = world.find(ByPid{70});
  std::filesystem::remove_all(world.machine.root() + "/cg/kubepods.slice");
  EXPECT_FALSE(target->memory->usage());
}

TEST(V1Cpu, ReadsUseQuotaAndShare) {
  World world(v1());
  auto target = world.find(ByPid{70});
  EXPECT_EQ(target->cpu->read()->usage, std::chrono::seconds(5));
  EXPECT_EQ(target->cpu->read()->throttled_periods, 3);
  EXPECT_EQ(target->cpu->limits()->quota, Cores{0.5});
  // 102 beside a busy sibling of 1024; the idle one does not count.
  EXPECT_NEAR(target->cpu->limits()->guaranteed.value, 100.0 * 102 / 1126, 0.01);
}

TEST(V2Cpu, ReadsUseTheSmallestQuotaAndTheShareOfEveryLevel) {
  World world(v2());
  auto target = world.find(ByPid{70});
  EXPECT_EQ(target->cpu->read()->usage, std::chrono::milliseconds(5));
  EXPECT_EQ(target->cpu->limits()->quota, Cores{0.2});
  EXPECT_NEAR(target->cpu->limits()->guaranteed.value, 75.0, 0.01);
}

}  // namespace
}  // namespace duress::cgroup
