#include "render/downsample.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

namespace duress::render {
namespace {

std::vector<Point> level(std::size_t count, double value = 10) {
  std::vector<Point> out;
  for (std::size_t i = 0; i < count; ++i) out.push_back({static_cast<double>(i), value});
  return out;
}

bool has(const std::vector<Point>& points, double at, double value) {
  return std::ranges::any_of(
      points, [&](const Point& point) { return point.at == at && point.value == value; });
}

TEST(KeepExtremes, KeepsEveryPeakAndTroughAtItsOwnTime) {
  auto points = level(360000);
  points[123457].value = 500;
  points[123459].value = 0.5;
  points[250000].value = 499;
  const auto kept = keep_extremes(points, 1500);
  EXPECT_LE(kept.size(), 3U * 1500U);
  EXPECT_TRUE(has(kept, 123457, 500));
  EXPECT_TRUE(has(kept, 123459, 0.5));
  EXPECT_TRUE(has(kept, 250000, 499));
  EXPECT_TRUE(std::ranges::is_sorted(kept, {}, &Point::at));
}

TEST(KeepExtremes, LeavesAShortSeriesAsItIs) {
  EXPECT_EQ(keep_extremes(level(200), 100).size(), 200U);
}

TEST(KeepExtremes, KeepsAGapAGap) {
  auto points = level(10000);
  for (std::size_t i = 4000; i < 6000; ++i) points[i].value = std::nan("");
  const auto kept = keep_extremes(points, 100);
  EXPECT_TRUE(std::ranges::any_of(kept, [](const Point& p) { return std::isnan(p.value); }));
  for (const Point& point : kept) {
    EXPECT_TRUE(std::isnan(point.value) || point.at < 4000 || point.at >= 6000) << point.at;
  }
}

TEST(KeepExtremes, StandsASeriesWithoutTime) {
  std::vector<Point> points(1000, Point{3, 1});
  points[500].value = 9;
  EXPECT_TRUE(has(keep_extremes(points, 10), 3, 9));
}

TEST(KeepMeans, HoldsTheMiddleOfNoise) {
  auto points = level(10000, 0);
  for (std::size_t i = 0; i < points.size(); i += 2) points[i].value = 100;
  for (const Point& point : keep_means(points, 10)) EXPECT_NEAR(point.value, 50, 1);
}

TEST(LinePath, MovesOnceAndLeavesOutWhatChangesNothing) {
  const Scale scale{10, 100, 1000, 200};
  EXPECT_EQ(line_path(level(11, 50), scale), "M0 100h1000");
  EXPECT_EQ(line_path(std::vector<Point>{{0, 0}, {5, 100}, {10, 50}}, scale),
            "M0 200l500-200l500 100");
}

TEST(LinePath, BreaksWhereThereIsNoFigure) {
  const Scale scale{10, 100, 1000, 200};
  const std::vector<Point> points = {{0, 0}, {2, 0}, {2, std::nan("")}, {8, 0}, {10, 0}};
  EXPECT_EQ(line_path(points, scale), "M0 200h200M800 200h200");
}

TEST(LinePath, KeepsWhatIsOffTheScaleNear) {
  const Scale scale{10, 100, 1000, 200};
  EXPECT_EQ(line_path(std::vector<Point>{{0, 1e12}, {10, 1e12}}, scale), "M0-20h1000");
}

TEST(AreaPath, IsClosedDownToZero) {
  const Scale scale{10, 100, 1000, 200};
  EXPECT_EQ(area_path(level(11, 50), scale), "M0 200V100h1000V200z");
  EXPECT_EQ(area_path({}, scale), "");
}

}  // namespace
}  // namespace duress::render
