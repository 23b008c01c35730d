#include "observe/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "cgroup/fixture_test.h"

namespace duress::observe {
namespace {

using cgroup::FakeMachine;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class SteppedClock final : public Clock {
 public:
  [[nodiscard]] Instant now() const override { return now_; }
  [[nodiscard]] WallTime wall() const override { return wall_; }
  void pass(Duration time) { now_ += time; }
  void set_wall(WallTime wall) { wall_ = wall; }

 private:
  Instant now_{hours(1)};
  WallTime wall_{hours(500'000)};
};

// A v2 machine with two containers; kills are what their files say.
class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest()
      : machine({{"proc/self/mountinfo",
                  "30 1 0:26 / @/cgroup rw shared:4 - cgroup2 cgroup2 rw,nsdelegate\n"},
                 {"proc/self/cgroup", "0::/init\n"},
                 {"proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable: 4000000 kB\n"},
                 {"cgroup/cgroup.controllers", "cpu memory\n"}}),
        file(machine.root() + "/a.duress") {
    container("a");
    container("b");
  }

  void container(const std::string& name) {
    const std::string at = "cgroup/pods/" + name + "/";
    machine.put(at + "cgroup.procs", "");
    machine.put(at + "cgroup.events", "populated 1\nfrozen 0\n");
    machine.put(at + "memory.current", "1048576\n");
    machine.put(at + "memory.stat", "anon 4096\npgmajfault 7\n");
    machine.put(at + "memory.max", "10485760\n");
    machine.put(at + "memory.high", "max\n");
    machine.put(at + "cpu.stat", "usage_usec 1000\nnr_periods 5\n");
    kills(name, 3);
    machine.put("cgroup/pods/memory.current", "1048576\n");
    machine.put("cgroup/pods/memory.max", "max\n");
  }
  void kills(const std::string& name, int count) const {
    machine.put("cgroup/pods/" + name + "/memory.events",
                "oom " + std::to_string(count) + "\noom_kill " + std::to_string(count) + "\n");
  }
  void process(pid_t pid, const std::string& name) const {
    machine.put("proc/" + std::to_string(pid) + "/comm", name + "\n");
    machine.put("proc/" + std::to_string(pid) + "/stat", cgroup::stat_of(pid));
  }

  [[nodiscard]] cgroup::Target target(const std::string& name) const {
    const cgroup::Roots roots{machine.root() + "/proc", machine.root() + "/cgroup"};
    const auto hierarchy = cgroup::detect(roots);
    auto out = cgroup::locate(roots, *hierarchy, cgroup::ByPath{"/pods/" + name});
    EXPECT_TRUE(out) << out.error().message;
    return std::move(*out);
  }
  [[nodiscard]] Recorder start() {
    auto out = Recorder::start({.path = file,
                                .roots = {machine.root() + "/proc", machine.root() + "/cgroup"},
                                .kernel_log = ""},
                               target("a"), clock);
    EXPECT_TRUE(out) << out.error().message;
    return std::move(*out);
  }
  bool look(Recorder& recorder) {
    clock.pass(milliseconds(100));
    return recorder.look(clock.now());
  }
  [[nodiscard]] Recording read() const {
    auto out = read_recording(file);
    EXPECT_TRUE(out) << out.error().message;
    return out.value_or(Recording());
  }
  [[nodiscard]] static std::vector<Event> of_kind(const Recording& recording, EventKind kind) {
    std::vector<Event> out;
    std::ranges::copy_if(recording.events, std::back_inserter(out),
                         [kind](const Event& event) { return event.kind == kind; });
    return out;
  }

  FakeMachine machine;
  std::string file;
  SteppedClock clock;
};

TEST_F(RecorderTest, CountsFromItsBeginning) {
  Recorder recorder = start();
  kills("a", 5);
  ASSERT_TRUE(look(recorder));
  EXPECT_EQ(recorder.last().oom_kills, 2);
  EXPECT_EQ(recorder.last().memory.major_faults, 0);
  EXPECT_EQ(recorder.last().limit, mib(10));
}

TEST_F(RecorderTest, AClockThatIsSetChangesNoTime) {
  Recorder recorder = start();
  const WallTime began = clock.wall();
  ASSERT_TRUE(look(recorder));
  clock.set_wall(began - hours(24));
  ASSERT_TRUE(look(recorder));
  clock.set_wall(began + hours(24));
  ASSERT_TRUE(look(recorder));
  ASSERT_TRUE(recorder.close(clock.now()));
  const Recording recording = read();
  EXPECT_EQ(recording.header.began, began);
  ASSERT_THAT(recording.looks, SizeIs(4));
  for (int i = 0; i < 4; ++i)
    EXPECT_EQ(recording.looks[static_cast<std::size_t>(i)].at, i * milliseconds(100));
}

TEST_F(RecorderTest, AnotherCgroupOfTheSameContainerGoesOnCounting) {
  Recorder recorder = start();
  kills("a", 4);
  ASSERT_TRUE(look(recorder));
  recorder.retarget(target("b"));
  ASSERT_TRUE(look(recorder));
  EXPECT_EQ(recorder.last().oom_kills, 1 + 3);
  kills("b", 5);
  ASSERT_TRUE(look(recorder));
  EXPECT_EQ(recorder.last().oom_kills, 1 + 5);
}

TEST_F(RecorderTest, ProcessesThatComeAndGoAreEventsAtTheirTime) {
  Recorder recorder = start();
  process(42, "sh");
  machine.put("cgroup/pods/a/cgroup.procs", "42\n");
  ASSERT_TRUE(look(recorder));
  process(42, "server");  // it has executed another program meanwhile
  for (int i = 0; i < 5; ++i) ASSERT_TRUE(look(recorder));
  machine.put("cgroup/pods/a/cgroup.procs", "");
  ASSERT_TRUE(look(recorder));
  ASSERT_TRUE(recorder.close(clock.now()));
  const Recording recording = read();
  const std::vector<Event> came = of_kind(recording, EventKind::kProcessCame);
  ASSERT_THAT(came, SizeIs(1));
  EXPECT_EQ(came[0].at, milliseconds(100));
  EXPECT_EQ(came[0].subject, "server");
  const std::vector<Event> went = of_kind(recording, EventKind::kProcessWent);
  ASSERT_THAT(went, SizeIs(1));
  EXPECT_EQ(went[0].subject, "server");
}

TEST_F(RecorderTest, OfVeryManyProcessesTheNumberIsTold) {
  Recorder recorder = start();
  for (int i = 0; i < 40; ++i) {
    std::string pids;
    for (int pid = 1000 + i * 50; pid < 1050 + i * 50; ++pid) {
      process(pid, "p");
      pids += std::to_string(pid) + "\n";
    }
    machine.put("cgroup/pods/a/cgroup.procs", pids);
    ASSERT_TRUE(look(recorder));
  }
  ASSERT_TRUE(recorder.close(clock.now()));
  const Recording recording = read();
  EXPECT_LE(of_kind(recording, EventKind::kProcessCame).size() +
                of_kind(recording, EventKind::kProcessWent).size(),
            300U);
  ASSERT_GE(of_kind(recording, EventKind::kNoted).size(), 2U);
  EXPECT_THAT(of_kind(recording, EventKind::kNoted).back().text, HasSubstr("more processes"));
}

TEST_F(RecorderTest, AnEndThatIsToldIsNotFoundAgain) {
  Recorder recorder = start();
  recorder.tell({.kind = EventKind::kContainerEnded, .code = 137}, clock.now());
  recorder.target_ended(clock.now());
  ASSERT_TRUE(recorder.close(clock.now()));
  const std::vector<Event> ended = of_kind(read(), EventKind::kContainerEnded);
  ASSERT_THAT(ended, SizeIs(1));
  EXPECT_EQ(ended[0].code, 137);
}

TEST_F(RecorderTest, TheTargetsEndIsToldOnce) {
  Recorder recorder = start();
  recorder.target_ended(clock.now());
  recorder.target_ended(clock.now());
  ASSERT_TRUE(look(recorder));
  ASSERT_TRUE(recorder.close(clock.now()));
  EXPECT_THAT(of_kind(read(), EventKind::kContainerEnded), SizeIs(1));
}

}  // namespace
}  // namespace duress::observe
