#include "recorder/load_recording.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/recorded_machine_test.h"
#include "recorder/protocol.h"

namespace duress::recorder {
namespace {

using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::SizeIs;

class LoadRecordingTest : public observe::RecordedMachine {
 protected:
  [[nodiscard]] LoadRecording begin() { return LoadRecording(start()); }

  void end(LoadRecording& recording, const std::string& reason) {
    recording.take(
        message_of(Word::kEnd, observe::LoadEnd{.reason = reason, .message = "it ended"}),
        clock.now());
  }
  // How long it goes on; ten looks a second.
  Duration until_over(LoadRecording& recording) {
    const Instant from = clock.now();
    while (!recording.is_over() && clock.now() < from + seconds(30)) {
      clock.pass(milliseconds(100));
      recording.look(clock.now());
    }
    return clock.now() - from;
  }
  [[nodiscard]] observe::Recording closed(LoadRecording& recording) {
    EXPECT_TRUE(recording.close(clock.now()));
    return read();
  }
};

TEST_F(LoadRecordingTest, WritesDownWhatItIsTold) {
  LoadRecording recording = begin();
  recording.take(message_of(Word::kPlan, observe::LoadPlan{.memory = mib(5)}), clock.now());
  recording.take(
      message_of(Word::kEvent, observe::Event{.kind = EventKind::kLoadReached, .text = "there"}),
      clock.now());
  recording.take(load_message(mib(5), mib(4)), clock.now());
  clock.pass(milliseconds(100));
  recording.look(clock.now());
  end(recording, "deadline");
  ASSERT_TRUE(recording.is_over());
  const auto file = closed(recording);
  ASSERT_TRUE(file.plan);
  EXPECT_EQ(file.plan->memory, mib(5));
  EXPECT_THAT(of_kind(file, EventKind::kLoadReached), SizeIs(1));
  EXPECT_THAT(of_kind(file, EventKind::kLoadEnded), SizeIs(1));
  ASSERT_THAT(file.looks, SizeIs(3));
  EXPECT_EQ(file.looks[1].held, mib(4));
  EXPECT_FALSE(file.looks[2].held);  // the load is over
  EXPECT_TRUE(file.complete);
}

TEST_F(LoadRecordingTest, LooksOnAfterTheTargetsEnd) {
  LoadRecording recording = begin();
  end(recording, "targetEnded");
  EXPECT_FALSE(recording.is_over());
  EXPECT_EQ(until_over(recording), milliseconds(800));
}

TEST_F(LoadRecordingTest, WaitsForTheNameOfAKill) {
  LoadRecording recording = begin();
  kills("a", 4);
  end(recording, "oomKilled");
  EXPECT_FALSE(recording.is_over());
  EXPECT_EQ(until_over(recording), milliseconds(700));
  EXPECT_THAT(of_kind(closed(recording), EventKind::kOomKill), SizeIs(1));
}

TEST_F(LoadRecordingTest, MissesASupervisorThatSaidNothing) {
  LoadRecording recording = begin();
  machine.put("cgroup/pods/a/memory.current", std::to_string(mib(9).value) + "\n");
  recording.supervisor_ended(clock.now());
  recording.supervisor_ended(clock.now());  // its process, and its end of the channel
  EXPECT_EQ(until_over(recording), seconds(2));
  const auto file = closed(recording);
  EXPECT_THAT(of_kind(file, EventKind::kSupervisorKilled), SizeIs(1));
  EXPECT_FALSE(file.end);
}

TEST_F(LoadRecordingTest, EndsAsSoonAsTheUsageIsBackAfterAKilledSupervisor) {
  LoadRecording recording = begin();
  recording.supervisor_ended(clock.now());
  EXPECT_EQ(until_over(recording), milliseconds(100));
}

TEST_F(LoadRecordingTest, DoesNotMissASupervisorThatHasSaidItsLast) {
  LoadRecording recording = begin();
  end(recording, "targetEnded");
  recording.supervisor_ended(clock.now());
  (void)until_over(recording);
  EXPECT_THAT(of_kind(closed(recording), EventKind::kSupervisorKilled), SizeIs(0));
}

TEST_F(LoadRecordingTest, ASupervisorThatIsStoppedDoesNotKeepItWithoutATarget) {
  LoadRecording recording = begin();
  recording.target_ended(clock.now());
  EXPECT_EQ(until_over(recording), seconds(5));
}

TEST_F(LoadRecordingTest, PassesOverWhatIsNoMessage) {
  LoadRecording recording = begin();
  const std::string event =
      message_of(Word::kEvent, observe::Event{.kind = EventKind::kTold, .text = "something"});
  recording.take(event.substr(0, event.size() / 2), clock.now());
  recording.take("", clock.now());
  recording.take("\xff\xff\xff", clock.now());
  end(recording, "deadline");
  EXPECT_THAT(of_kind(closed(recording), EventKind::kTold), SizeIs(0));
}

}  // namespace
}  // namespace duress::recorder
