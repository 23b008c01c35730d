#include "render/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>

#include "render/chart_scale.h"

namespace duress::render {

namespace {

constexpr int kWidth = 10000;  // of every view box; heights are ten units a pixel
constexpr int kMostTimeTicks = 10;
constexpr double kLimitWithin = 4;  // a limit further up is named, not drawn
constexpr double kAskedWithin = 1.4;

enum class Look { kArea, kLine };

struct Series {
  std::string_view key;  // its class, and its column in the data
  std::string_view name;
  Column column;
  Look look = Look::kLine;
};

struct Panel {
  std::string_view name;  // class
  std::string_view title;
  Unit unit = Unit::kBytes;
  int height = 100;  // pixels
  std::span<const Series> series{};
};

// In the legend's order; areas are drawn from the last to the first, so that each covers the one
// that reaches higher.
constexpr std::array kMemory = {
    Series{"usage", "usage", &Course::usage},
    Series{"application", "application", &Course::application, Look::kArea},
    Series{"cache", "cache", &Course::cache, Look::kArea},
    Series{"ours", "Duress's", &Course::ours, Look::kArea},
    Series{"working-set", "working set", &Course::working_set},
    Series{"limit", "limit", &Course::limit},
    Series{"asked", "asked-for level", &Course::asked},
};
constexpr std::array kCpu = {
    Series{"cpu", "used", &Course::cpu, Look::kArea},
    Series{"throttled", "throttled", &Course::throttled, Look::kArea},
};
constexpr std::array kPressure = {
    Series{"memory-some", "memory, some waited", &Course::memory_some},
    Series{"memory-full", "memory, all waited", &Course::memory_full},
    Series{"cpu-some", "CPU, some waited", &Course::cpu_some},
};

double greatest(const std::vector<double>& column) {
  const auto peak = peak_of(column);
  return peak ? column[*peak] : 0;
}

bool any(const std::vector<double>& column) { return peak_of(column).has_value(); }

class Chart {
 public:
  Chart(Html& html, const Course& course, const Lanes& lanes, const ChartOptions& options)
      : html_(html),
        course_(course),
        lanes_(lanes),
        options_(options),
        ticks_(time_ticks(course.length, kMostTimeTicks)) {}

  void events() {
    head({"events", "Events"}, [&] { write_legend(html_, lanes_); });
    if (lanes_.names.empty()) return not_there("Nothing happened that was recorded.");
    write_lanes(html_, lanes_, course_.length);
  }

  void memory(const std::string& words) {
    const Panel panel{"memory", "Memory", Unit::kBytes, 240, kMemory};
    double top = std::max(greatest(course_.usage), greatest(course_.working_set));
    const double limit = greatest(course_.limit);
    const bool limit_shown = limit <= kLimitWithin * top;
    if (limit_shown) top = std::max(top, limit);
    const double asked = greatest(course_.asked);
    const bool asked_shown = asked <= kAskedWithin * top;
    if (asked_shown) top = std::max(top, asked);
    const Axis axis = memory_axis(top);
    legend(panel);
    begin_plot(panel, axis, words);
    area("ours", points_of(course_, &Course::usage), axis.top);
    area("cache", sum_of(course_, &Course::application, &Course::cache), axis.top);
    area("application", points_of(course_, &Course::application), axis.top);
    for (const Series& series : kMemory) {
      const bool above =
          (series.key == "limit" && !limit_shown) || (series.key == "asked" && !asked_shown);
      if (series.look == Look::kLine && !above) line(series, axis.top);
    }
    end_paths();
    note_limit(limit_shown, axis.top, limit);
    if (any(course_.asked) && !asked_shown) {
      asked_above(asked);
    }
    html_.close();
  }

  void cpu(const std::string& words) {
    const Panel panel{"cpu", "CPU", Unit::kCores, 96, kCpu};
    if (!any(course_.cpu)) {
      head(panel, [] {});
      return not_there("Not available: the target has no CPU controller, or was looked at once.");
    }
    const std::vector<Point> both = sum_of(course_, &Course::cpu, &Course::throttled);
    double top = 0;
    for (const Point& point : both) top = std::max(top, std::isnan(point.value) ? 0 : point.value);
    const Axis axis = cores_axis(top);
    legend(panel);
    begin_plot(panel, axis, words);
    if (greatest(course_.throttled) > 0) area("throttled", both, axis.top);
    area("cpu", points_of(course_, &Course::cpu), axis.top);
    end_paths();
    html_.close();
  }

  // And the time axis below the last of the plots.
  void pressure(const std::string& words) {
    const Panel panel{"pressure", "Pressure", Unit::kPercent, 72, kPressure};
    double top = 0;
    bool there = false;
    for (const Series& series : kPressure) {
      top = std::max(top, greatest(course_.*series.column));
      there = there || any(course_.*series.column);
    }
    if (!there) {
      time_axis();
      head({"pressure", "Pressure"}, [] {});
      return not_there(
          "Not available: the kernel gives no figures for this target (PSI is off, or the target "
          "is not in a cgroup v2 tree). That does not mean that nothing waited.");
    }
    const Axis axis = percent_axis(top);
    legend(panel);
    begin_plot(panel, axis, words);
    for (const Series& series : kPressure) line(series, axis.top);
    end_paths();
    html_.close();
    time_axis();
  }

 private:
  template <class Rest>
  void head(const Panel& panel, Rest rest) {
    html_.open("div", {{"class", "panel-head"}})
        .leaf("h" + std::to_string(options_.heading), {{"class", "panel-name"}}, panel.title);
    rest();
    html_.close();
  }

  void not_there(std::string_view why) { html_.leaf("p", {{"class", "not-there"}}, why); }

  void time_axis() {
    html_.leaf("span", {{"class", "corner"}}, "");
    html_.open("svg", {{"class", "plot xaxis"}, {"height", "22"}, {"aria-hidden", "true"}});
    for (std::size_t i = 0; i < ticks_.size(); ++i) {
      const bool last = ticks_[i].at > 0.96 * course_.length;
      html_.leaf("text",
                 {{"class", i % 2 == 1 ? "odd" : ""},
                  {"x", percent_at(ticks_[i].at, course_.length)},
                  {"y", "15"},
                  {"text-anchor", i == 0 ? "start"
                                  : last ? "end"
                                         : "middle"}},
                 ticks_[i].label);
    }
    html_.close();
  }

  // With the figures at the peak of usage; the script puts those at the cursor in their place.
  void legend(const Panel& panel) {
    head(panel, [&] {
      html_.open("ul", {{"class", "legend"}});
      for (const Series& series : panel.series) {
        const std::vector<double>& column = course_.*series.column;
        if (!any(column) || (series.key == "throttled" && greatest(column) <= 0)) continue;
        html_.open("li").leaf("i", {{"class", "swatch " + std::string(series.key)}}, "");
        html_.text(series.name).raw(" ");
        html_.leaf("b", {{"data-column", series.key}},
                   value_text(column[options_.shown], panel.unit));
        html_.close();
      }
      html_.close();
    });
  }

  // The axis' cell, then the plot's, whose paths are open when this returns.
  void begin_plot(const Panel& panel, const Axis& axis, const std::string& words) {
    const std::string height = std::to_string(panel.height);
    html_.open("svg", {{"class", "yaxis"}, {"height", height}, {"aria-hidden", "true"}});
    for (const Tick& tick : axis.ticks) {
      html_.leaf("text",
                 {{"x", "100%"},
                  {"dx", "-8"},
                  {"y", percent_at(axis.top - tick.at, axis.top)},
                  {"dy", tick.at > 0 ? ".35em" : "0"}},
                 tick.label);
    }
    html_.close();
    const std::string id = options_.id + '-' + std::string(panel.name);
    html_
        .open("svg", {{"class", "plot " + std::string(panel.name)},
                      {"height", height},
                      {"role", "img"},
                      {"aria-labelledby", id + "-title " + id + "-text"}})
        .leaf("title", {{"id", id + "-title"}}, std::string(panel.title) + " over time")
        .leaf("desc", {{"id", id + "-text"}}, words);
    height_ = panel.height * 10;
    html_.open("svg", {{"class", "paths"},
                       {"viewBox", fmt::format("0 0 {} {}", kWidth, height_)},
                       {"preserveAspectRatio", "none"},
                       {"width", "100%"},
                       {"height", "100%"}});
    grid_.clear();
    for (const Tick& tick : axis.ticks) {
      const auto y = std::lround((1 - tick.at / axis.top) * height_);
      grid_ += fmt::format("M0 {}H{}", y, kWidth);
    }
  }

  void end_paths() {
    html_.close().open("g", {{"class", "time-grid"}});
    for (const Tick& tick : ticks_) {
      const std::string x = percent_at(tick.at, course_.length);
      html_.empty("line", {{"x1", x}, {"x2", x}, {"y1", "0"}, {"y2", "100%"}});
    }
    html_.close();
    write_guides(html_, lanes_, course_.length);
  }

  [[nodiscard]] Scale scale(double top) const {
    return {std::max(course_.length, 1e-3), top, kWidth, height_};
  }

  void area(std::string_view name, const std::vector<Point>& points, double top) {
    const auto kept = keep_extremes(points, options_.buckets);
    html_.empty("path",
                {{"class", "area " + std::string(name)}, {"d", area_path(kept, scale(top))}});
    // The grid lies over the areas and under the lines.
    if (name == "application" || name == "cpu") {
      html_.empty("path", {{"class", "grid"}, {"d", grid_}});
    }
  }

  void line(const Series& series, double top) {
    if (!any(course_.*series.column)) return;
    const std::vector<Point> points = points_of(course_, series.column);
    // The asked-for level follows the application's every move: its own extremes say nothing.
    const auto kept = series.column == &Course::asked ? keep_means(points, options_.buckets)
                                                      : keep_extremes(points, options_.buckets);
    html_.empty("path",
                {{"class", "line " + std::string(series.key)}, {"d", line_path(kept, scale(top))}});
  }

  void note_limit(bool shown, double top, double limit) {
    if (!any(course_.limit)) return above_note("no limit");
    const std::string text = "limit " + value_text(limit, Unit::kBytes);
    if (!shown) return above_note(text + " ↑");
    html_.leaf("text",
               {{"class", "note limit"},
                {"x", "100%"},
                {"dx", "-6"},
                {"y", percent_at(top - limit, top)},
                {"dy", "-5"}},
               text);
  }

  // Left, where the limit's note is not; with less words on a narrow page.
  void asked_above(double asked) {
    html_.open("text", {{"class", "note asked"}, {"x", "0"}, {"dx", "6"}, {"y", "13"}})
        .text("asked for ")
        .leaf("tspan", {{"class", "wide"}}, "up to ")
        .text(value_text(asked, Unit::kBytes) + " ↑")
        .close();
  }

  void above_note(const std::string& text) {
    html_.leaf("text", {{"class", "note limit"}, {"x", "100%"}, {"dx", "-6"}, {"y", "13"}}, text);
  }

  Html& html_;
  const Course& course_;
  const Lanes& lanes_;
  const ChartOptions& options_;
  std::vector<Tick> ticks_;
  int height_ = 0;
  std::string grid_;
};

std::string events_in_words(const Lanes& lanes) {
  std::string out;
  for (std::size_t i = 0; i < lanes.kinds.size(); ++i) {
    const MarkKind& kind = *lanes.kinds[i];
    out += fmt::format("{}{} {}", out.empty() ? "Events: " : ", ", lanes.counts[i],
                       lanes.counts[i] == 1 ? kind.one : kind.many);
  }
  return out.empty() ? "No event was recorded." : out + '.';
}

std::string memory_in_words(const observe::Recording& recording, const Course& course) {
  const std::size_t before = before_load(course, recording);
  const std::size_t peak = peak_of(course.usage).value_or(0);
  const auto size = [](double value) { return value_text(value, Unit::kBytes); };
  std::string out = fmt::format("Usage was {} {}, {} at its peak ({}", size(course.usage[before]),
                                before == 0 ? "at the start" : "before the load",
                                size(course.usage[peak]), clock_text_fine(course.at[peak]));
  if (!std::isnan(course.limit[peak]) && course.limit[peak] > 0) {
    out += fmt::format(", {} % of the limit of {}",
                       number_text(100 * course.usage[peak] / course.limit[peak]),
                       size(course.limit[peak]));
  } else {
    out += ", no limit";
  }
  return out + fmt::format(
                   "), and {} at the end. At the peak, {} were the application's, {} "
                   "Duress's and {} cache.",
                   size(course.usage.back()), size(course.application[peak]),
                   size(course.ours[peak]), size(course.cache[peak]));
}

std::string cpu_in_words(const observe::Recording& recording, const Course& course) {
  if (!any(course.cpu)) return "CPU use is not available.";
  const observe::Look& last = recording.looks.back();
  const double over = seconds_of(last.at - recording.looks.front().at);
  const double used = seconds_of(last.cpu - recording.looks.front().cpu);
  std::string out = over > 0
                        ? fmt::format("CPU use was {} cores on average and {} at most",
                                      number_text(used / over), number_text(greatest(course.cpu)))
                        : std::string("CPU use cannot be told from one look");
  if (last.throttled_periods > 0 && last.periods > 0) {
    out += fmt::format("; the quota held it back in {} of {} periods ({} %)",
                       last.throttled_periods, last.periods,
                       number_text(100.0 * static_cast<double>(last.throttled_periods) /
                                   static_cast<double>(last.periods)));
  } else {
    out += "; it was never throttled";
  }
  return out + '.';
}

std::string pressure_in_words(const Course& course) {
  if (!any(course.memory_some) && !any(course.cpu_some)) return "Pressure is not available.";
  std::string out = "Pressure was at most";
  if (any(course.memory_some)) {
    out += fmt::format(" {} % for memory (all waited: {} %)",
                       number_text(greatest(course.memory_some)),
                       number_text(greatest(course.memory_full)));
  }
  if (any(course.cpu_some)) {
    out += fmt::format("{} {} % for CPU", any(course.memory_some) ? " and" : "",
                       number_text(greatest(course.cpu_some)));
  }
  return out + '.';
}

}  // namespace

std::vector<std::string> chart_in_words(const observe::Recording& recording, const Course& course,
                                        const Lanes& lanes) {
  if (course.size() == 0) return {"No look at the target was recorded.", events_in_words(lanes)};
  return {memory_in_words(recording, course), cpu_in_words(recording, course),
          pressure_in_words(course), events_in_words(lanes)};
}

void write_chart(Html& html, const observe::Recording& recording, const Course& course,
                 const Lanes& lanes, const ChartOptions& options) {
  Chart chart(html, course, lanes, options);
  const bool dense = course.size() > 2 * options.buckets;
  html.open("div", {{"class", dense ? "panels dense" : "panels"}});
  chart.events();
  if (course.size() > 0) {
    const std::vector<std::string> words = chart_in_words(recording, course, lanes);
    chart.memory(words[0]);
    chart.cpu(words[1]);
    chart.pressure(words[2]);
  }
  html.close();
}

}  // namespace duress::render
