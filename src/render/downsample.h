// A long series made as short as a chart can show, without losing what matters: the least and the
// greatest value of every column of pixels stay, at their own times. Pure functions; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace duress::render {

struct Point {
  double at = 0;
  double value = 0;  // NaN: not known; the line is broken there
};

// At most three points for each of `buckets` equal parts of the time; a short series as it is.
[[nodiscard]] std::vector<Point> keep_extremes(std::span<const Point> points, std::size_t buckets);

// At most one point for each: the mean, and a break where a run ends. For what only accompanies.
[[nodiscard]] std::vector<Point> keep_means(std::span<const Point> points, std::size_t buckets);

// From the series' unit to the whole numbers of an SVG's view box, whose y grows downwards.
struct Scale {
  double length = 1;  // of the time
  double top = 1;     // of the values
  int width = 1;
  int height = 1;
};

// The `d` of a path: moves and relative lines; points that change nothing are left out, values
// above the top are drawn a little above it.
[[nodiscard]] std::string line_path(std::span<const Point> points, const Scale& scale);
// The same, closed down to 0.
[[nodiscard]] std::string area_path(std::span<const Point> points, const Scale& scale);

}  // namespace duress::render
