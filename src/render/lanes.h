// The events of a recording as marks on the time axis, in lanes by what they are about. Marks of
// one kind that would cover each other become one that counts them, so that a chart stays small
// however much happened. Pure; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "observe/recording.h"
#include "render/html.h"

namespace duress::render {

// What one mark looks like and stands for: by shape and by word, never by colour alone.
struct MarkKind {
  std::string_view name;  // of its shape, and its class
  std::string_view lane;
  std::string_view one;   // "OOM kill of the application"
  std::string_view many;  // "OOM kills of the application"
  std::string_view path;  // SVG, ten pixels around 0 0
  bool guide = false;     // with a line through the charts
};

struct Mark {
  const MarkKind* kind = nullptr;
  double at = 0;
  double until = 0;  // of the last one, where there are several
  std::size_t count = 1;
  std::string text{};  // of the first: what happened
};

struct Lanes {
  std::vector<std::string_view> names{};           // those in use, from above
  std::vector<const MarkKind*> kinds{};            // likewise, for the legend
  std::vector<std::size_t> counts{};               // one a kind: events, not marks
  std::vector<Mark> marks{};                       // in order of lanes, then of time
  std::vector<std::pair<double, double>> loads{};  // from when to when a load was on
};

[[nodiscard]] const MarkKind& kind_of(const observe::Event& event);
// "OOM kill of the application: java (PID 17), 498 MiB used": one line for tables and marks.
[[nodiscard]] std::string sentence_of(const observe::Event& event);

// No two marks of a kind nearer than length / parts.
[[nodiscard]] Lanes lanes_of(const observe::Recording& recording, double length, int parts);

// The shapes, once a page; marks refer to them.
void write_mark_shapes(Html& html);
void write_legend(Html& html, const Lanes& lanes);
// Two cells of the chart's grid: the lanes' names, and the lanes.
void write_lanes(Html& html, const Lanes& lanes, double length);
// The lines of marks that have one, for a chart below.
void write_guides(Html& html, const Lanes& lanes, double length);

// "12.34%": where a time lies on an axis of that length.
[[nodiscard]] std::string percent_at(double at, double length);

}  // namespace duress::render
