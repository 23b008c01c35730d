#include "observe/compact.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "observe/example_test.h"
#include "observe/recording_coding.h"

namespace duress::observe {
namespace {

using std::chrono::milliseconds;
using ::testing::HasSubstr;

constexpr std::size_t kMost = 45UL * 1024;

Recording back(const std::string& bytes) {
  auto out = decode_recording(bytes);
  EXPECT_TRUE(out);
  return out ? std::move(*out) : Recording();
}

TEST(Compact, ASmallRecordingIsWhole) {
  Recording before = example_recording(200);
  before.complete = true;
  const Recording after = back(compact(before, kMost));
  EXPECT_TRUE(after.complete) << after.damage;
  expect_same(after, before);
}

TEST(Compact, OneThatStillRunsIsNotClosed) {
  Recording before = example_recording(20);
  before.complete = false;
  before.end.reset();
  const Recording after = back(compact(before, kMost));
  EXPECT_FALSE(after.complete);
  EXPECT_THAT(after.damage, HasSubstr("still writing"));
}

TEST(Compact, AnHourFitsWithItsFirstLookItsLastAndItsPeak) {
  Recording before = example_recording(36'000);
  Look& peak = before.looks[12'345];
  peak.memory.usage = gib(40);
  const std::string bytes = compact(before, kMost);
  EXPECT_LE(bytes.size(), kMost);
  EXPECT_GT(bytes.size(), kMost / 4) << "no more is left out than has to be";
  const Recording after = back(bytes);
  EXPECT_EQ(after.looks.front().at, before.looks.front().at);
  EXPECT_EQ(after.looks.back().at, before.looks.back().at);
  const auto highest =
      std::ranges::max(after.looks, {}, [](const Look& look) { return look.memory.usage; });
  EXPECT_EQ(highest.memory.usage, gib(40));
  EXPECT_EQ(after.events.size(), before.events.size());
  EXPECT_GE(after.looks.size(), 300U);
}

TEST(Compact, OfVeryManyEventsTheKillsStayAndTheRestIsCounted) {
  Recording before = example_recording(1000);
  before.events.clear();
  for (int i = 0; i < 5000; ++i) {
    before.events.push_back({.at = milliseconds(i * 10),
                             .kind = i % 500 == 250 ? EventKind::kOomKill : EventKind::kProcessCame,
                             .subject = "process-" + std::to_string(i)});
  }
  const std::string bytes = compact(before, kMost);
  EXPECT_LE(bytes.size(), kMost);
  const Recording after = back(bytes);
  EXPECT_EQ(std::ranges::count(after.events, EventKind::kOomKill, &Event::kind), 10);
  EXPECT_EQ(after.events.front().subject, "process-0");
  EXPECT_EQ(after.events[after.events.size() - 2].subject, "process-4999");
  EXPECT_EQ(after.events.back().kind, EventKind::kNoted);
  EXPECT_THAT(after.events.back().text,
              HasSubstr(std::to_string(5001 - static_cast<int>(after.events.size()))));
}

TEST(Compact, WhatIsLongInTheHeaderGoesBeforeTheLooks) {
  Recording before = example_recording(300);
  before.header.command.assign(60, std::string(2000, 'x'));
  ASSERT_TRUE(before.plan);
  before.plan->notes.assign(30, std::string(2000, 'y'));
  const std::string bytes = compact(before, kMost);
  EXPECT_LE(bytes.size(), kMost);
  const Recording after = back(bytes);
  EXPECT_TRUE(after.header.command.empty());
  EXPECT_EQ(after.header.target, before.header.target);
  EXPECT_EQ(after.looks.size(), 300U);
}

}  // namespace
}  // namespace duress::observe
