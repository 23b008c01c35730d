#include "spec/asked.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "base/wall_time.h"

namespace duress::spec {
namespace {

using nlohmann::json;
using std::chrono::seconds;

const WallTime kNow = parse_time("2026-11-25T12:00:00Z").value();

json annotated(const std::string& time) {
  return {{"metadata", {{"annotations", {{"duress.dev/watch-until", time}, {"other", "x"}}}}}};
}

TEST(Asked, IsReadFromAnnotationsAndWrittenAsSuch) {
  const Asked asked = read_asked(annotated("2026-11-25T12:00:30Z"));
  EXPECT_EQ(asked.watch_until, kNow + seconds(30));
  EXPECT_EQ(asked_json(asked), (json{{"duress.dev/watch-until", "2026-11-25T12:00:30Z"}}));
}

TEST(Asked, WhatIsNoTimeIsNotThere) {
  for (const char* time : {"", "soon", "2026-11-25", "1790000000"})
    EXPECT_EQ(read_asked(annotated(time)), Asked{}) << time;
  EXPECT_EQ(read_asked(json::object()), Asked{});
  EXPECT_EQ(read_asked({{"metadata", {{"annotations", {{"duress.dev/watch-until", 7}}}}}}),
            Asked{});
  EXPECT_EQ(asked_json({}), json::object());
}

TEST(Asked, IsWatchedUntilThenAndNeverForLong) {
  EXPECT_FALSE(is_watched({}, kNow));
  EXPECT_TRUE(is_watched({.watch_until = kNow + seconds(1)}, kNow));
  EXPECT_FALSE(is_watched({.watch_until = kNow}, kNow));
  EXPECT_TRUE(is_watched({.watch_until = kNow + kMostWatched}, kNow));
  EXPECT_FALSE(is_watched({.watch_until = kNow + kMostWatched + seconds(1)}, kNow));
}

TEST(Asked, RecordingsAreAskedForForAMinute) {
  const Asked asked = read_asked(
      {{"metadata", {{"annotations", {{"duress.dev/recordings-asked", "2026-11-25T12:00:00Z"}}}}}});
  EXPECT_EQ(asked.recordings, kNow);
  EXPECT_EQ(asked_json(asked), (json{{"duress.dev/recordings-asked", "2026-11-25T12:00:00Z"}}));
  EXPECT_TRUE(is_asked(asked, kNow - seconds(1)));
  EXPECT_TRUE(is_asked(asked, kNow + seconds(59)));
  EXPECT_FALSE(is_asked(asked, kNow + seconds(60)));
  EXPECT_FALSE(is_asked(asked, kNow - seconds(61)));
  EXPECT_FALSE(is_asked({}, kNow));
}

TEST(Asked, ARequestOfTheSameSecondIsAnotherRequest) {
  const WallTime now = kNow + std::chrono::milliseconds(700);
  EXPECT_EQ(time_of_request({}, now), kNow);
  EXPECT_EQ(time_of_request({.recordings = kNow - seconds(1)}, now), kNow);
  EXPECT_EQ(time_of_request({.recordings = kNow}, now), kNow + seconds(1));
  EXPECT_EQ(time_of_request({.recordings = kNow + seconds(1)}, now), kNow + seconds(2));
  EXPECT_EQ(time_of_request({.recordings = kNow + std::chrono::hours(1)}, now), kNow);
}

}  // namespace
}  // namespace duress::spec
