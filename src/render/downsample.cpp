#include "render/downsample.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

namespace duress::render {

namespace {

constexpr double kAbove = 1.1;  // where a value that is off the scale is drawn

struct Dot {
  int x = 0;
  int y = 0;
  friend bool operator==(Dot, Dot) = default;
};

class Extremes {
 public:
  void add(const Point& point) {
    if (!any_ || point.value < least_.value) least_ = point;
    if (!any_ || point.value > greatest_.value) greatest_ = point;
    any_ = true;
  }

  void flush(std::vector<Point>& out) {
    if (!any_) return;
    const bool rising = least_.at <= greatest_.at;
    out.push_back(rising ? least_ : greatest_);
    if (least_.value != greatest_.value) out.push_back(rising ? greatest_ : least_);
    any_ = false;
  }

 private:
  Point least_;
  Point greatest_;
  bool any_ = false;
};

class Mean {
 public:
  void add(const Point& point) {
    sum_.at += point.at;
    sum_.value += point.value;
    ++count_;
  }

  void flush(std::vector<Point>& out) {
    if (count_ == 0) return;
    out.push_back({sum_.at / count_, sum_.value / count_});
    sum_ = {};
    count_ = 0;
  }

 private:
  Point sum_;
  int count_ = 0;
};

// What a bucket keeps of each equal part of the time. A part with a break in it ends with one.
template <class Bucket>
std::vector<Point> reduced(std::span<const Point> points, std::size_t buckets) {
  if (points.size() <= 2 * buckets || buckets == 0) return {points.begin(), points.end()};
  const double from = points.front().at;
  const double length = points.back().at - from;
  std::vector<Point> out;
  out.reserve(3 * buckets);
  Bucket bucket;
  std::optional<double> broken;
  std::size_t current = 0;
  const auto flush = [&] {
    bucket.flush(out);
    if (broken) out.push_back({*broken, std::nan("")});
    broken = {};
  };
  for (const Point& point : points) {
    const double part = length > 0 ? std::max(0.0, (point.at - from) / length) : 0;
    const auto number =
        std::min(buckets - 1, static_cast<std::size_t>(part * static_cast<double>(buckets)));
    if (number != current) flush();
    current = number;
    if (std::isnan(point.value)) {
      broken = point.at;
    } else {
      bucket.add(point);
    }
  }
  flush();
  return out;
}

// "3-4", "3 4": a minus sign parts two numbers as well as a space does.
void append_pair(std::string& out, int a, int b) {
  out += std::to_string(a);
  if (b >= 0) out += ' ';
  out += std::to_string(b);
}

// The dots of each unbroken run, without those inside a level or a straight rise.
std::vector<std::vector<Dot>> runs_of(std::span<const Point> points, const Scale& scale) {
  std::vector<std::vector<Dot>> out(1);
  for (const Point& point : points) {
    if (std::isnan(point.value)) {
      if (!out.back().empty()) out.emplace_back();
      continue;
    }
    const double part = std::clamp(point.value / scale.top, 0.0, kAbove);
    const Dot dot{static_cast<int>(std::lround(point.at / scale.length * scale.width)),
                  static_cast<int>(std::lround((1 - part) * scale.height))};
    std::vector<Dot>& run = out.back();
    if (!run.empty() && run.back() == dot) continue;
    const std::size_t size = run.size();
    if (size >= 2 && run[size - 1].y == dot.y && run[size - 2].y == dot.y) {
      run.back() = dot;
    } else {
      run.push_back(dot);
    }
  }
  if (out.back().empty()) out.pop_back();
  return out;
}

void append_lines(std::string& out, const std::vector<Dot>& run) {
  for (std::size_t i = 1; i < run.size(); ++i) {
    const int dx = run[i].x - run[i - 1].x;
    const int dy = run[i].y - run[i - 1].y;
    if (dy == 0) {
      out += 'h' + std::to_string(dx);
    } else if (dx == 0) {
      out += 'v' + std::to_string(dy);
    } else {
      out += 'l';
      append_pair(out, dx, dy);
    }
  }
}

}  // namespace

std::vector<Point> keep_extremes(std::span<const Point> points, std::size_t buckets) {
  return reduced<Extremes>(points, buckets);
}

std::vector<Point> keep_means(std::span<const Point> points, std::size_t buckets) {
  return reduced<Mean>(points, buckets);
}

std::string line_path(std::span<const Point> points, const Scale& scale) {
  std::string out;
  for (const std::vector<Dot>& run : runs_of(points, scale)) {
    out += 'M';
    append_pair(out, run.front().x, run.front().y);
    // One sample alone would be a line of no length, which is not drawn.
    if (run.size() == 1) out += "h1";
    append_lines(out, run);
  }
  return out;
}

std::string area_path(std::span<const Point> points, const Scale& scale) {
  std::string out;
  for (const std::vector<Dot>& run : runs_of(points, scale)) {
    out += 'M';
    append_pair(out, run.front().x, scale.height);
    out += 'V' + std::to_string(run.front().y);
    append_lines(out, run);
    out += 'V' + std::to_string(scale.height) + 'z';
  }
  return out;
}

}  // namespace duress::render
