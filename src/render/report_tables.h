// The tables of a report's section: figures before, at the peak and after; processes; OOM kills;
// the time line; the target; the commands to do it again. Long ones are folded or cut, and say how
// much. They judge nothing. Pure; any thread.
#pragma once

#include <string>

#include "explain/verdict.h"
#include "observe/recording.h"
#include "render/course.h"
#include "render/html.h"

namespace duress::render {

struct TableOptions {
  int heading = 2;
  std::string id = "r1";
  std::string file{};  // of the recording, as the user named it; "" where there is none
};

void write_figures(Html& html, const observe::Recording& recording, const Course& course,
                   const TableOptions& options);
// What the chart shows, at most two dozen looks evenly over the time and the peak.
void write_chart_table(Html& html, const Course& course, const TableOptions& options);
void write_processes(Html& html, const observe::Recording& recording, const TableOptions& options);
void write_kills(Html& html, const observe::Recording& recording, const TableOptions& options);
void write_timeline(Html& html, const observe::Recording& recording,
                    const explain::Verdict& verdict, const TableOptions& options);
void write_target(Html& html, const observe::Recording& recording, const TableOptions& options);
void write_commands(Html& html, const observe::Recording& recording, const TableOptions& options);

// As a POSIX shell reads it back: words joined by spaces, quoted where that is needed.
[[nodiscard]] std::string shell_words(const std::vector<std::string>& words);
// "2026-01-31 12:34:56 UTC"
[[nodiscard]] std::string wall_text(WallTime time);

// The sign of a severity: a shape of its own, read out by its word.
[[nodiscard]] std::string severity_sign(explain::Severity severity);
[[nodiscard]] std::string_view word_of(explain::Severity severity);   // "Good"
[[nodiscard]] std::string_view class_of(explain::Severity severity);  // "good"

}  // namespace duress::render
