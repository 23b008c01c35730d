#include "observe/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "observe/recorded_machine_test.h"

namespace duress::observe {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

using RecorderTest = RecordedMachine;

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
