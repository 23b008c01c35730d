// Where the round numbers of a chart's axes lie and how they are written: binary units for memory,
// m:ss for time. It draws nothing. Pure functions; any thread.
#pragma once

#include <string>
#include <vector>

#include "base/text.h"
#include "base/units.h"

namespace duress::render {

struct Tick {
  double at = 0;  // in the axis' own unit
  std::string label{};
};

struct Axis {
  double top = 1;  // the bottom is 0
  std::vector<Tick> ticks{};
};

// From 0 to a little above `most`; up to six steps. Memory in bytes, with one unit for all ticks.
[[nodiscard]] Axis memory_axis(double most);
[[nodiscard]] Axis cores_axis(double most);
[[nodiscard]] Axis percent_axis(double most);  // never above 100

// From 0 to `length`, in seconds, `at_most` of them.
[[nodiscard]] std::vector<Tick> time_ticks(double length, int at_most);

// "0:07", "12:03", "1:02:03"; with a tenth of a second where `fine`: "0:07.3".
[[nodiscard]] std::string clock_text(double seconds);
[[nodiscard]] std::string clock_text_fine(double seconds);
[[nodiscard]] double seconds_of(Duration duration);

// "640 KiB", "498.2 MiB", "2930 MiB", "12.5 GiB": as a chart's reader compares them.
[[nodiscard]] std::string size_text(Bytes bytes);
enum class Unit { kBytes, kCores, kPercent, kNumber };
// With its unit; a dash where there is no figure (NaN).
[[nodiscard]] std::string value_text(double value, Unit unit);
// "0.42", "12.5", "130": three digits that matter, at most two decimals, no zeros at the end.
[[nodiscard]] std::string number_text(double value);

}  // namespace duress::render
