#include "observe/recording_coding.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "observe/example_test.h"

namespace duress::observe {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;
using ::testing::SizeIs;

std::string encoded(const Recording& recording) {
  RecordingEncoder encoder;
  std::string out = encoder.header(recording.header);
  if (recording.plan) out += encoder.plan(*recording.plan);
  if (recording.foretold) out += encoder.foretold(*recording.foretold);
  for (const Look& look : recording.looks) out += encoder.look(look);
  for (const Event& event : recording.events) out += encoder.event(event);
  if (recording.end) out += encoder.end(*recording.end);
  return out + encoder.close();
}

TEST(Recording, ComesBackAsItWas) {
  const Recording before = example_recording(250);
  const auto after = decode_recording(encoded(before));
  ASSERT_TRUE(after) << after.error().message;
  EXPECT_TRUE(after->complete) << after->damage;
  EXPECT_EQ(after->damage, "");
  EXPECT_EQ(after->looks_taken, 250);
  expect_same(*after, before);
}

TEST(Recording, ExtremeFiguresComeBack) {
  Recording before = example_recording(0);
  Look look;
  look.memory.usage = Bytes{(std::int64_t{1} << 62U) - 1};
  look.memory.refaults = INT64_MAX;
  look.oom_kills = INT64_MIN;
  before.looks = {look, Look{.at = milliseconds(1)}, look};
  before.looks[2].at = milliseconds(2);
  const auto after = decode_recording(encoded(before));
  ASSERT_TRUE(after);
  expect_same(*after, before);
}

TEST(Recording, CutOffAnywhereKeepsEverythingUpToTheLastWholeRecord) {
  const Recording before = example_recording(12);
  const std::string bytes = encoded(before);
  std::size_t most = 0;
  for (std::size_t cut = 12; cut < bytes.size(); ++cut) {
    const auto after = decode_recording(bytes.substr(0, cut));
    ASSERT_TRUE(after) << cut;
    ASSERT_FALSE(after->complete) << cut;
    ASSERT_THAT(after->damage, HasSubstr("not closed in order")) << cut;
    ASSERT_GE(after->looks.size() + after->events.size(), most) << cut;
    most = after->looks.size() + after->events.size();
  }
  EXPECT_EQ(most, before.looks.size() + before.events.size());
}

TEST(Recording, ShorterThanItsBeginningIsNone) {
  const std::string bytes = encoded(example_recording(1));
  for (std::size_t cut = 0; cut < 12; ++cut) {
    const auto after = decode_recording(bytes.substr(0, cut));
    ASSERT_FALSE(after) << cut;
    EXPECT_EQ(after.error().code, Code::kUsage);
  }
}

TEST(Recording, ADamagedByteCostsNoMoreThanTheLooksUpToTheNextThatStandsAlone) {
  const Recording before = example_recording(300);
  const std::string bytes = encoded(before);
  for (std::size_t at = 12; at < bytes.size(); at += 43) {
    std::string damaged = bytes;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x55);
    const auto after = decode_recording(damaged);
    ASSERT_TRUE(after) << at;
    ASSERT_FALSE(after->complete) << at;
    ASSERT_NE(after->damage, "") << at;
    ASSERT_GE(after->looks.size(), 200U) << at;
    ASSERT_GE(after->events.size() + 1, before.events.size()) << at;
  }
}

TEST(Recording, LooksAfterALostOneAreNotGuessed) {
  const Recording before = example_recording(150);
  RecordingEncoder encoder;
  std::string bytes = encoder.header(before.header);
  for (std::size_t i = 0; i < before.looks.size(); ++i) {
    std::string look = encoder.look(before.looks[i]);
    if (i == 40) look.back() = static_cast<char>(look.back() ^ 1);
    bytes += look;
  }
  const auto after = decode_recording(bytes + encoder.close());
  ASSERT_TRUE(after);
  EXPECT_THAT(after->looks, SizeIs(40 + 50));
  EXPECT_EQ(after->looks[40].at, before.looks[100].at);
  EXPECT_THAT(after->damage, HasSubstr("damaged in 1 place"));
}

TEST(Recording, OfANewerVersionIsRefusedWithASentence) {
  std::string bytes = encoded(example_recording(1));
  bytes[8] = kFormatVersion + 1;
  const auto after = decode_recording(bytes);
  ASSERT_FALSE(after);
  EXPECT_EQ(after.error().code, Code::kUnsupported);
  EXPECT_THAT(after.error().message, HasSubstr("format version 2"));
}

TEST(Recording, TenHoursAreThinnedOutEvenlyAndKeepTheirPeaks) {
  constexpr std::int64_t kLooks = 360'000;
  RecordingEncoder encoder;
  std::string bytes = encoder.header({});
  Look look = example_look(0);
  for (std::int64_t i = 0; i < kLooks; ++i) {
    look.at = milliseconds(100) * i;
    look.memory.usage = mib(i == 123'457 ? 499 : i == 234'561 ? 3 : 100 + i % 7);
    bytes += encoder.look(look);
  }
  const auto after = decode_recording(bytes + encoder.close());
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->complete);
  EXPECT_EQ(after->looks_taken, kLooks);
  EXPECT_LE(after->looks.size(), 36'001U);
  EXPECT_EQ(after->looks.front().at, milliseconds(0));
  EXPECT_EQ(after->looks.back().at, milliseconds(100) * (kLooks - 1));
  Duration widest{0};
  int peaks = 0;
  for (std::size_t i = 1; i < after->looks.size(); ++i) {
    widest = std::max(widest, after->looks[i].at - after->looks[i - 1].at);
    const Bytes usage = after->looks[i].memory.usage;
    if (usage == mib(499) || usage == mib(3)) ++peaks;
  }
  EXPECT_EQ(peaks, 2);
  EXPECT_LE(widest, std::chrono::seconds(5));
}

TEST(Recording, OfVeryManyEventsTheFirstAndTheLastAreKept) {
  RecordingEncoder encoder;
  std::string bytes = encoder.header({});
  for (int i = 0; i < 60'000; ++i)
    bytes += encoder.event({.at = milliseconds(i), .kind = EventKind::kOomKill, .pid = i});
  const auto after = decode_recording(bytes + encoder.close());
  ASSERT_TRUE(after);
  EXPECT_THAT(after->events, SizeIs(50'000));
  EXPECT_EQ(after->events_left_out, 10'000);
  EXPECT_EQ(after->events.front().pid, 0);
  EXPECT_EQ(after->events.back().pid, 59'999);
}

TEST(Recording, AnOverlongNameOrCommandStillFitsItsRecord) {
  Recording before = example_recording(1);
  before.header.command = std::vector<std::string>(5000, std::string(100'000, 'x'));
  before.events = {
      {.kind = EventKind::kOomGroupKill,
       .subject = std::string(100'000, 'y'),
       .members = std::vector<Member>(5000, {.pid = 1, .name = std::string(99, 'z')})}};
  const auto after = decode_recording(encoded(before));
  ASSERT_TRUE(after);
  EXPECT_TRUE(after->complete) << after->damage;
  EXPECT_EQ(after->header.command.front(), std::string(2048, 'x'));
  ASSERT_THAT(after->events, SizeIs(1));
  EXPECT_THAT(after->events[0].members, SizeIs(1024));
}

}  // namespace
}  // namespace duress::observe
