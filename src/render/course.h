// A recording as the columns that a chart draws: what each look means in parts, rates and levels.
// It measures nothing, draws nothing and judges nothing. Pure; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "observe/recording.h"
#include "render/downsample.h"

namespace duress::render {

// One entry a look; NaN where there is no figure. Sizes in bytes, times in seconds.
struct Course {
  std::vector<double> at{};
  std::vector<bool> after_gap{};  // nobody looked for a while before this look
  std::vector<double> usage{};
  std::vector<double> working_set{};
  // These three are together the usage.
  std::vector<double> application{};  // what is neither of the others: anonymous, shared, kernel's
  std::vector<double> cache{};        // active and inactive file
  std::vector<double> ours{};         // Duress's own processes
  std::vector<double> limit{};
  std::vector<double> asked{};              // the level that usage would have with all that was
                                            // asked for
  std::vector<double> cpu{};                // cores, over the last half second
  std::vector<double> throttled{};          // likewise: CPU time that the quota kept from it
  std::vector<double> throttled_percent{};  // of the periods
  std::vector<double> memory_some{};        // percent of the time
  std::vector<double> memory_full{};
  std::vector<double> cpu_some{};
  double length = 0;  // of all: the last look, event or the load's end

  [[nodiscard]] std::size_t size() const { return at.size(); }
};
[[nodiscard]] Course course_of(const observe::Recording& recording);

using Column = std::vector<double> Course::*;
[[nodiscard]] std::vector<Point> points_of(const Course& course, Column column);
// Of two columns together, e.g. what a layer of a stack reaches up to.
[[nodiscard]] std::vector<Point> sum_of(const Course& course, Column a, Column b);

// The index of the greatest figure; unset where the column has none.
[[nodiscard]] std::optional<std::size_t> peak_of(const std::vector<double>& column);
// The look whose figures a chart tells while nobody points at one: where usage was highest, or CPU
// use where the load is one of CPU alone. The course must not be empty.
struct Shown {
  std::size_t index = 0;
  std::string_view name{};  // "the peak of usage"
};
[[nodiscard]] Shown shown_look(const Course& course, const observe::Recording& recording);
// The last look before the load began, else the first. The course must not be empty.
[[nodiscard]] std::size_t before_load(const Course& course, const observe::Recording& recording);

}  // namespace duress::render
