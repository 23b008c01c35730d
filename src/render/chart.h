// The chart of one recording: lanes of events, memory, CPU and pressure over one time axis, as
// inline SVG that needs no script. Its paths lie in view boxes that are stretched to the page's
// width; what must not be stretched (text, marks) is placed in percent beside them. Pure.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "observe/recording.h"
#include "render/course.h"
#include "render/html.h"
#include "render/lanes.h"

namespace duress::render {

struct ChartOptions {
  std::string id = "r1";
  std::size_t buckets = 1500;  // columns in which only extremes are kept
  int heading = 3;             // level of the panels' headings
  std::size_t shown = 0;       // the look whose figures the legends tell
};

// Everything between the figure's tags but its data (chart_data.h) and caption.
void write_chart(Html& html, const observe::Recording& recording, const Course& course,
                 const Lanes& lanes, const ChartOptions& options);

// The figures that matter, in sentences: what a reader hears who does not see the chart.
[[nodiscard]] std::vector<std::string> chart_in_words(const observe::Recording& recording,
                                                      const Course& course, const Lanes& lanes);

}  // namespace duress::render
