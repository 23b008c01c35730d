// What holds of the verdict on any recording, sensible or not.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "explain/any_recording_test.h"
#include "explain/course_test.h"
#include "explain/verdict.h"
#include "explain/verdict_timeline.h"

namespace duress::explain {
namespace {

using observe::EventKind;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

observe::Recording from(std::mt19937_64& random) {
  std::vector<std::uint8_t> bytes(random() % 4096);
  for (std::uint8_t& byte : bytes) byte = static_cast<std::uint8_t>(random());
  return testing::any_recording(bytes);
}

void expect_whole(const Verdict& verdict) {
  ASSERT_FALSE(verdict.sentence.empty());
  EXPECT_TRUE(verdict.sentence.ends_with('.'));
  EXPECT_TRUE(is_utf8(verdict.sentence));
  for (const auto* lines : {&verdict.evidence, &verdict.also, &verdict.advice}) {
    for (const std::string& line : *lines) {
      EXPECT_TRUE(line.size() > 1 && is_utf8(line) && line.ends_with('.')) << line;
    }
  }
  EXPECT_LE(verdict.timeline.size(), judging::kMostEntries + 1);
  EXPECT_TRUE(std::ranges::is_sorted(verdict.timeline, {}, &TimelineEntry::at));
  EXPECT_GE(verdict.stressor_kills, 0);
  EXPECT_GE(verdict.application_kills, 0);
  if (verdict.finding == Finding::kFine) {
    EXPECT_EQ(verdict.severity, Severity::kGood);
    EXPECT_EQ(verdict.application_kills + verdict.stressor_kills, 0);
  }
}

TEST(AnyRecordingAtAll, IsJudgedInWholeSentences) {
  std::mt19937_64 random(1);
  std::vector<int> found(static_cast<std::size_t>(kLastFinding) + 1);
  for (int round = 0; round < 500; ++round) {
    const observe::Recording recording = from(random);
    const Verdict verdict = judge(recording);
    ++found[static_cast<std::size_t>(verdict.finding)];
    expect_whole(verdict);
    if (HasFailure()) FAIL() << "round " << round;
  }
  // The generator comes to many findings, or this test would prove little.
  EXPECT_GE(std::ranges::count_if(found, [](int n) { return n > 0; }), 8);
}

// A course that could have been: distinct times, counters that rise, texts that mean something.
observe::Recording likely_recording(std::mt19937_64& random) {
  testing::Course course;
  const auto chance = [&](unsigned percent) { return random() % 100 < percent; };
  course.plan(mib(static_cast<std::int64_t>(random() % 600)), chance(50) ? "natural" : "avoid");
  course.pass(milliseconds(500)).event(EventKind::kLoadStarted);
  for (int i = 0; i < 40; ++i) {
    course.pass(milliseconds(300), mib(static_cast<std::int64_t>(random() % 250)),
                mib(static_cast<std::int64_t>(random() % 250)));
    const auto kind =
        static_cast<EventKind>(random() % (static_cast<unsigned>(observe::kLastEventKind) + 1));
    if (chance(40)) {
      course.event(kind, chance(50) ? "liveness" : "node");
      course.last_event().ours = chance(50);
      course.last_event().pid = static_cast<pid_t>(random() % 3);
      if (chance(50)) course.last_event().code = static_cast<int>(random() % 160);
      if (kind == EventKind::kOomKill) ++course.state().oom_kills;
    }
    course.state().at += milliseconds(1);
  }
  if (chance(70)) course.end(chance(50) ? "deadline" : "targetEnded");
  return course.recording();
}

TEST(AnyOrder, GivesTheSameVerdict) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 300; ++round) {
    observe::Recording recording = likely_recording(random);
    const Verdict straight = judge(recording);
    std::ranges::shuffle(recording.looks, random);
    std::ranges::shuffle(recording.events, random);
    const Verdict shuffled = judge(recording);
    EXPECT_EQ(straight.sentence, shuffled.sentence);
    EXPECT_EQ(straight.evidence, shuffled.evidence);
    EXPECT_EQ(straight.also, shuffled.also);
    EXPECT_EQ(straight.timeline.size(), shuffled.timeline.size());
    expect_whole(straight);
    if (HasFailure()) FAIL() << "round " << round;
  }
}

// Cutting a recording off anywhere may hide what came later, but invents nothing.
TEST(AnyCut, NeverFindsMoreKillsThanTheWhole) {
  std::mt19937_64 random(3);
  for (int round = 0; round < 200; ++round) {
    observe::Recording recording = likely_recording(random);
    const Verdict whole = judge(recording);
    const Duration cut = recording.looks[random() % recording.looks.size()].at;
    std::erase_if(recording.looks, [&](const auto& look) { return look.at > cut; });
    std::erase_if(recording.events, [&](const auto& event) { return event.at > cut; });
    recording.end.reset();
    recording.complete = false;
    const Verdict part = judge(recording);
    EXPECT_LE(part.application_kills, whole.application_kills);
    EXPECT_LE(part.stressor_kills, whole.stressor_kills);
    EXPECT_LE(part.restarts, whole.restarts);
    EXPECT_THAT(part.sentence + ::testing::PrintToString(part.also),
                ::testing::AnyOf(HasSubstr("not known"), HasSubstr("breaks off")));
    if (HasFailure()) FAIL() << "round " << round;
  }
}

TEST(LongRecording, IsJudgedAtOnce) {
  testing::Course course;
  course.plan(mib(300)).event(EventKind::kLoadStarted);
  for (int i = 0; i < 10'000; ++i) {
    course.pass(milliseconds(100), mib(38), mib(460)).worker_killed(i + 1).container_ended(137);
    course.event(EventKind::kContainerRestarted).event(EventKind::kProbeFailed, "liveness");
    course.event(EventKind::kTold, "", "Container web failed liveness probe, will be restarted");
  }
  const Verdict verdict = judge(course.recording());
  EXPECT_EQ(verdict.restarts, 10'000);
  expect_whole(verdict);
}

}  // namespace
}  // namespace duress::explain
