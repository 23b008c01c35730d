#include "render/chart_scale.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

namespace duress::render {
namespace {

using ::testing::ElementsAre;

std::vector<std::string> labels(const std::vector<Tick>& ticks) {
  std::vector<std::string> out;
  for (const Tick& tick : ticks) out.push_back(tick.label);
  return out;
}

double bytes(Bytes value) { return static_cast<double>(value.value); }

TEST(MemoryAxis, HasRoundBinaryNumbersInOneUnit) {
  EXPECT_THAT(labels(memory_axis(bytes(mib(500))).ticks),
              ElementsAre("0", "100 MiB", "200 MiB", "300 MiB", "400 MiB", "500 MiB"));
  EXPECT_THAT(labels(memory_axis(bytes(mib(3000))).ticks),
              ElementsAre("0", "1 GiB", "2 GiB", "3 GiB"));
  EXPECT_THAT(labels(memory_axis(bytes(kib(700))).ticks),
              ElementsAre("0", "200 KiB", "400 KiB", "600 KiB"));
}

TEST(MemoryAxis, LeavesRoomAboveTheHighest) {
  EXPECT_GT(memory_axis(bytes(mib(500))).top, bytes(mib(500)));
  EXPECT_LT(memory_axis(bytes(mib(500))).top, bytes(mib(600)));
}

TEST(MemoryAxis, StandsANothing) { EXPECT_GT(memory_axis(0).top, 0); }

TEST(CoresAxis, GoesInTenthsWhereLittleIsUsed) {
  EXPECT_THAT(labels(cores_axis(0.31).ticks), ElementsAre("0", "0.1", "0.2", "0.3"));
  EXPECT_THAT(labels(cores_axis(15).ticks), ElementsAre("0", "5", "10", "15"));
}

TEST(PercentAxis, NeverGoesAboveAHundred) {
  const Axis axis = percent_axis(99.5);
  EXPECT_EQ(axis.top, 100);
  EXPECT_EQ(axis.ticks.back().label, "100 %");
}

TEST(TimeTicks, AreRoundAndAsFewAsAsked) {
  EXPECT_THAT(labels(time_ticks(41, 10)),
              ElementsAre("0:00", "0:05", "0:10", "0:15", "0:20", "0:25", "0:30", "0:35", "0:40"));
  EXPECT_THAT(labels(time_ticks(0.9, 5)),
              ElementsAre("0:00.0", "0:00.2", "0:00.4", "0:00.6", "0:00.8"));
  EXPECT_THAT(labels(time_ticks(36000, 6)),
              ElementsAre("0:00", "2:00:00", "4:00:00", "6:00:00", "8:00:00", "10:00:00"));
}

TEST(TimeTicks, AreBoundedForAnyLength) {
  for (const double length : {0.0, 1e-9, 0.05, 1.0, 59.9, 1e5, 1e7, 1e12}) {
    EXPECT_LE(time_ticks(length, 10).size(), 11U) << length;
  }
}

TEST(ClockText, IsMinutesAndSeconds) {
  EXPECT_EQ(clock_text(7), "0:07");
  EXPECT_EQ(clock_text(723.9), "12:03");
  EXPECT_EQ(clock_text(3723), "1:02:03");
  EXPECT_EQ(clock_text_fine(7.34), "0:07.3");
  EXPECT_EQ(clock_text_fine(59.96), "1:00.0");
  EXPECT_EQ(clock_text(-1), "0:00");
}

TEST(SizeText, IsInTheUnitThatCompares) {
  EXPECT_EQ(size_text(Bytes{0}), "0");
  EXPECT_EQ(size_text(Bytes{12}), "12 B");
  EXPECT_EQ(size_text(kib(640)), "640 KiB");
  EXPECT_EQ(size_text(Bytes{522400000}), "498.2 MiB");
  EXPECT_EQ(size_text(mib(2930)), "2930 MiB");
  EXPECT_EQ(size_text(gib(64)), "64 GiB");
}

TEST(ValueText, TellsWhatIsNotKnownFromZero) {
  EXPECT_EQ(value_text(std::nan(""), Unit::kBytes), "–");
  EXPECT_EQ(value_text(0, Unit::kPercent), "0 %");
  EXPECT_EQ(value_text(1, Unit::kCores), "1 core");
  EXPECT_EQ(value_text(0.425, Unit::kCores), "0.42 cores");
}

}  // namespace
}  // namespace duress::render
