#include "render/course.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "render/chart_data.h"
#include "render/report_samples_test.h"

namespace duress::render {
namespace {

using observe::Look;
using observe::Recording;
using std::chrono::milliseconds;
using std::chrono::seconds;

Look look_at(std::chrono::nanoseconds at) {
  Look look;
  look.at = at;
  look.memory.usage = mib(100);
  look.memory.inactive_file = mib(10);
  look.memory.active_file = mib(5);
  look.workers = mib(40);
  return look;
}

TEST(Course, PartsAreTogetherTheUsage) {
  for (const auto& [name, recording] : samples()) {
    const Course course = course_of(recording);
    for (std::size_t i = 0; i < course.size(); ++i) {
      EXPECT_NEAR(course.application[i] + course.cache[i] + course.ours[i], course.usage[i], 1)
          << name << ' ' << i;
      EXPECT_GE(course.application[i], 0) << name;
    }
  }
}

TEST(Course, PartsThatExceedTheWholeAreCut) {
  Recording recording;
  recording.looks = {look_at(seconds(0))};
  recording.looks[0].workers = mib(120);
  const Course course = course_of(recording);
  EXPECT_EQ(course.ours[0], course.usage[0]);
  EXPECT_EQ(course.application[0], 0);
}

TEST(Course, AskedForLevelIsTheUsageWithAllOfTheLoad) {
  Recording recording;
  recording.looks = {look_at(seconds(0))};
  recording.looks[0].asked = mib(50);
  recording.looks[0].held = mib(40);
  EXPECT_EQ(course_of(recording).asked[0], static_cast<double>(mib(110).value));
  recording.plan.emplace().reach = true;
  EXPECT_EQ(course_of(recording).asked[0], static_cast<double>(mib(50).value));
  recording.looks[0].asked.reset();
  EXPECT_TRUE(std::isnan(course_of(recording).asked[0]));
}

TEST(Course, AKilledWorkersMemoryIsNotTheApplications) {
  Recording recording;
  for (int i = 0; i < 30; ++i) {
    recording.looks.push_back(look_at(milliseconds(100 * i)));
    if (i >= 20) recording.looks[static_cast<std::size_t>(i)].workers = {};
    if (i > 20) recording.looks[static_cast<std::size_t>(i)].memory.usage = mib(60);
  }
  const auto spike = static_cast<double>(mib(85).value);
  EXPECT_EQ(course_of(recording).application[20], spike);  // nobody was killed: it is its own
  observe::Event kill;
  kill.at = milliseconds(2040);
  kill.kind = observe::EventKind::kOomKill;
  kill.ours = true;
  recording.events = {kill};
  const Course course = course_of(recording);
  EXPECT_EQ(course.application[20], static_cast<double>(mib(45).value));
  EXPECT_EQ(course.ours[20], static_cast<double>(mib(40).value));
  EXPECT_EQ(course.ours[25], 0);
}

TEST(Course, PressureThatIsNotThereIsNoZero) {
  Recording recording;
  recording.looks = {look_at(seconds(0)), look_at(seconds(1))};
  EXPECT_TRUE(std::isnan(course_of(recording).memory_some[1]));
  recording.looks[0].memory_pressure = cgroup::Pressure{};
  recording.looks[1].memory_pressure = cgroup::Pressure{milliseconds(250), milliseconds(0)};
  EXPECT_DOUBLE_EQ(course_of(recording).memory_some[1], 25);
}

TEST(Course, CpuIsARateOverHalfASecond) {
  Recording recording;
  for (int i = 0; i < 30; ++i) {
    recording.looks.push_back(look_at(milliseconds(100 * i)));
    recording.looks.back().cpu = milliseconds(i < 20 ? 0 : 100 * (i - 19));
  }
  const Course course = course_of(recording);
  EXPECT_DOUBLE_EQ(course.cpu[10], 0);
  EXPECT_NEAR(course.cpu[20], 0.2, 1e-9);
  EXPECT_NEAR(course.cpu[29], 1, 1e-9);
}

TEST(Course, ALongPauseIsAGap) {
  Recording recording;
  for (const int at : {0, 1, 2, 3, 60, 61}) recording.looks.push_back(look_at(seconds(at)));
  const Course course = course_of(recording);
  EXPECT_TRUE(course.after_gap[4]);
  EXPECT_FALSE(course.after_gap[1]);
  const auto points = points_of(course, &Course::usage);
  ASSERT_EQ(points.size(), 7U);
  EXPECT_TRUE(std::isnan(points[4].value));
}

TEST(BeforeLoad, IsTheLastLookBeforeItsStart) {
  const Recording recording = calm_sample();
  const Course course = course_of(recording);
  const std::size_t before = before_load(course, recording);
  EXPECT_EQ(course.ours[before], 0);
  EXPECT_GT(course.ours[before + 2], 0);
}

TEST(ShownLook, IsThePeakOfWhatTheLoadIsAbout) {
  const Recording cpu = throttled_sample();
  EXPECT_EQ(shown_look(course_of(cpu), cpu).name, "the peak of CPU use");
  const Recording memory = sawtooth_sample();
  const Course course = course_of(memory);
  EXPECT_EQ(shown_look(course, memory).index, *peak_of(course.usage));
}

TEST(LooksKept, HoldThePeakTheFirstAndTheLast) {
  Recording recording = long_sample(1, 10);
  recording.looks[17777].memory.usage = mib(499);
  const Course course = course_of(recording);
  const auto kept = looks_kept(course, 300);
  EXPECT_EQ(kept.size(), 300U);
  EXPECT_EQ(kept.front(), 0U);
  EXPECT_EQ(kept.back(), course.size() - 1);
  EXPECT_TRUE(std::ranges::binary_search(kept, 17777U));
  EXPECT_TRUE(std::ranges::is_sorted(kept));
}

}  // namespace
}  // namespace duress::render
