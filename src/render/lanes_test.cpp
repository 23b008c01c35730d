#include "render/lanes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "render/report_samples_test.h"

namespace duress::render {
namespace {

using observe::Event;
using observe::EventKind;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

Event event(EventKind kind, int seconds, bool ours = false) {
  Event out;
  out.kind = kind;
  out.at = std::chrono::seconds(seconds);
  out.ours = ours;
  return out;
}

TEST(Lanes, EveryKindOfEventHasItsShape) {
  std::set<std::string_view> shapes;
  for (int kind = 0; kind <= static_cast<int>(observe::kLastEventKind); ++kind) {
    shapes.insert(kind_of(event(static_cast<EventKind>(kind), 0)).path);
  }
  // Load's end and container's end, the load's words and the recorder's share theirs, in lanes of
  // their own.
  EXPECT_GE(shapes.size(), static_cast<std::size_t>(observe::kLastEventKind) - 1);
}

TEST(Lanes, TellAWorkersDeathFromTheApplications) {
  EXPECT_NE(kind_of(event(EventKind::kOomKill, 0, true)).name,
            kind_of(event(EventKind::kOomKill, 0, false)).name);
}

TEST(Lanes, AreThoseInUse) {
  EXPECT_THAT(lanes_of(liveness_sample(), 60, 100).names,
              ElementsAre("container", "probes", "load", "processes"));
  EXPECT_TRUE(lanes_of({}, 60, 100).names.empty());
}

TEST(Lanes, CountWhatWouldCoverEachOther) {
  observe::Recording recording;
  for (int i = 0; i < 5000; ++i) recording.events.push_back(event(EventKind::kOomKill, i, true));
  const Lanes lanes = lanes_of(recording, 5000, 100);
  EXPECT_LE(lanes.marks.size(), 101U);
  std::size_t sum = 0;
  for (const Mark& mark : lanes.marks) sum += mark.count;
  EXPECT_EQ(sum, 5000U);
  EXPECT_THAT(lanes.counts, ElementsAre(5000U));
}

TEST(Lanes, KnowWhenALoadWasOn) {
  observe::Recording recording;
  recording.events = {event(EventKind::kLoadStarted, 5), event(EventKind::kLoadEnded, 20),
                      event(EventKind::kLoadStarted, 30)};
  EXPECT_THAT(lanes_of(recording, 40, 100).loads,
              ElementsAre(std::pair(5.0, 20.0), std::pair(30.0, 40.0)));
}

TEST(SentenceOf, SaysWhoAndAtWhichUsage) {
  Event kill = event(EventKind::kOomKill, 3);
  kill.subject = "java";
  kill.pid = 17;
  kill.bytes = mib(498);
  EXPECT_EQ(sentence_of(kill), "OOM kill of the application (java, PID 17) at 498 MiB of use");
  Event changed = event(EventKind::kLimitChanged, 3);
  EXPECT_THAT(sentence_of(changed), HasSubstr("none any more"));
  Event told = event(EventKind::kTold, 3);
  told.text = "held 40 MiB of 50 MiB";
  EXPECT_EQ(sentence_of(told), told.text);
}

TEST(PercentAt, StaysOnTheAxis) {
  EXPECT_EQ(percent_at(5, 20), "25.000%");
  EXPECT_EQ(percent_at(50, 20), "100.000%");
  EXPECT_EQ(percent_at(5, 0), "0%");
}

}  // namespace
}  // namespace duress::render
