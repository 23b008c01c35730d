#include "render/course.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "render/chart_scale.h"

namespace duress::render {

namespace {

using observe::EventKind;
using observe::Look;
using observe::Recording;

constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
constexpr double kRateOver = 0.5;  // seconds: five periods of the default quota, so that no single
                                   // one of them makes a spike
constexpr double kDying = 0.5;     // seconds that a process takes to give its memory back
constexpr double kBeforeDeath = 0.2;  // a look may see it before the kernel tells of it
constexpr double kLeastGap = 2.0;     // seconds
constexpr double kGapInLooks = 5;

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

double number(Bytes bytes) { return static_cast<double>(bytes.value); }

double number(const std::optional<Bytes>& bytes) { return bytes ? number(*bytes) : kUnknown; }

void add_memory(Course& out, const Look& look) {
  const double usage = std::max(0.0, number(look.memory.usage));
  // The counters are read one after the other and flushed late, so that parts can exceed the whole.
  const double ours = std::clamp(number(look.workers), 0.0, usage);
  const double files = number(look.memory.active_file + look.memory.inactive_file);
  const double cache = std::clamp(files, 0.0, usage - ours);
  out.usage.push_back(usage);
  out.working_set.push_back(number(look.memory.working_set()));
  out.ours.push_back(ours);
  out.cache.push_back(cache);
  out.application.push_back(usage - ours - cache);
  out.limit.push_back(number(look.limit));
}

double share(std::chrono::nanoseconds now, std::chrono::nanoseconds before, double over) {
  return std::max(0.0, seconds(now - before) / over);
}

double waited(const std::optional<cgroup::Pressure>& now,
              const std::optional<cgroup::Pressure>& before,
              std::chrono::microseconds cgroup::Pressure::* which, double over) {
  if (!now || !before) return kUnknown;
  return std::clamp(100 * share((*now).*which, (*before).*which, over), 0.0, 100.0);
}

// `before` is an earlier look, or the look itself where there is none.
void add_rates(Course& out, const Look& look, const Look& before) {
  using cgroup::Pressure;
  const double over = seconds(look.at - before.at);
  if (over <= 0) {
    for (auto* column : {&out.cpu, &out.throttled, &out.throttled_percent, &out.memory_some,
                         &out.memory_full, &out.cpu_some}) {
      column->push_back(kUnknown);
    }
    return;
  }
  out.cpu.push_back(share(look.cpu, before.cpu, over));
  out.throttled.push_back(share(look.throttled, before.throttled, over));
  const auto periods = look.periods - before.periods;
  const auto throttled = look.throttled_periods - before.throttled_periods;
  out.throttled_percent.push_back(
      periods > 0 ? 100.0 * static_cast<double>(throttled) / static_cast<double>(periods) : 0);
  out.memory_some.push_back(
      waited(look.memory_pressure, before.memory_pressure, &Pressure::some, over));
  out.memory_full.push_back(
      waited(look.memory_pressure, before.memory_pressure, &Pressure::full, over));
  out.cpu_some.push_back(waited(look.cpu_pressure, before.cpu_pressure, &Pressure::some, over));
}

bool is_death_of_ours(const observe::Event& event) {
  if (event.kind == EventKind::kOomKill) return event.ours;
  return event.kind == EventKind::kOomGroupKill &&
         std::ranges::any_of(event.members, &observe::Member::ours);
}

// A killed worker is gone from the list of processes before its memory is given back: what is still
// charged for it would look like the application's. Beside such a death the application is given no
// more than it had, or has, within half a second.
void charge_the_dying_to_us(Course& out, const Recording& recording) {
  const std::vector<double> raw = out.application;
  std::size_t from = 0;
  for (const observe::Event& event : recording.events) {
    if (!is_death_of_ours(event)) continue;
    const double death = seconds(event.at);
    while (from < out.size() && out.at[from] < death - kBeforeDeath) ++from;
    for (std::size_t i = from; i < out.size() && out.at[i] <= death + kDying; ++i) {
      double least = raw[i];
      for (std::size_t j = i; j-- > 0;) {
        least = std::min(least, raw[j]);
        if (out.at[j] < out.at[i] - kDying) break;
      }
      for (std::size_t j = i + 1; j < out.size(); ++j) {
        least = std::min(least, raw[j]);
        if (out.at[j] > out.at[i] + kDying) break;
      }
      out.application[i] = least;
      out.ours[i] = out.usage[i] - out.cache[i] - least;
    }
  }
}

// The usage that the target would have with all that was asked for.
void add_asked(Course& out, const Recording& recording) {
  const bool reach = recording.plan && recording.plan->reach;
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto& asked = recording.looks[i].asked;
    const double others = reach ? 0 : out.application[i] + out.cache[i];
    out.asked.push_back(asked && asked->value > 0 ? others + number(*asked) : kUnknown);
  }
}

// A pause that is long beside the usual time between two looks (recordings are thinned out).
double gap_length(const std::vector<double>& at) {
  if (at.size() < 3) return std::numeric_limits<double>::infinity();
  std::vector<double> steps;
  steps.reserve(at.size());
  for (std::size_t i = 1; i < at.size(); ++i) steps.push_back(at[i] - at[i - 1]);
  const auto middle = steps.begin() + static_cast<std::ptrdiff_t>(steps.size() / 2);
  std::ranges::nth_element(steps, middle);
  return std::max(kLeastGap, kGapInLooks * *middle);
}

}  // namespace

Course course_of(const Recording& recording) {
  Course out;
  std::size_t earlier = 0;
  for (std::size_t i = 0; i < recording.looks.size(); ++i) {
    const Look& look = recording.looks[i];
    out.at.push_back(std::max(0.0, seconds(look.at)));
    add_memory(out, look);
    while (earlier + 1 < i && out.at[earlier + 1] <= out.at[i] - kRateOver) ++earlier;
    add_rates(out, look, recording.looks[earlier]);
  }
  charge_the_dying_to_us(out, recording);
  add_asked(out, recording);
  // A target that never ran for a nanosecond has no CPU controller.
  if (std::ranges::all_of(recording.looks,
                          [](const Look& look) { return look.cpu.count() == 0; })) {
    for (auto* column : {&out.cpu, &out.throttled, &out.throttled_percent}) {
      std::ranges::fill(*column, kUnknown);
    }
  }
  const double gap = gap_length(out.at);
  for (std::size_t i = 0; i < out.at.size(); ++i) {
    out.after_gap.push_back(i > 0 && out.at[i] - out.at[i - 1] > gap);
  }
  if (!out.at.empty()) out.length = *std::ranges::max_element(out.at);
  for (const observe::Event& event : recording.events) {
    out.length = std::max(out.length, seconds(event.at));
  }
  return out;
}

std::vector<Point> points_of(const Course& course, Column column) {
  std::vector<Point> out;
  out.reserve(course.size());
  for (std::size_t i = 0; i < course.size(); ++i) {
    if (course.after_gap[i]) out.push_back({course.at[i - 1], kUnknown});
    out.push_back({course.at[i], (course.*column)[i]});
  }
  return out;
}

std::vector<Point> sum_of(const Course& course, Column a, Column b) {
  std::vector<Point> out;
  out.reserve(course.size());
  for (std::size_t i = 0; i < course.size(); ++i) {
    if (course.after_gap[i]) out.push_back({course.at[i - 1], kUnknown});
    out.push_back({course.at[i], (course.*a)[i] + (course.*b)[i]});
  }
  return out;
}

std::optional<std::size_t> peak_of(const std::vector<double>& column) {
  std::optional<std::size_t> out;
  for (std::size_t i = 0; i < column.size(); ++i) {
    if (!std::isnan(column[i]) && (!out || column[i] > column[*out])) out = i;
  }
  return out;
}

Shown shown_look(const Course& course, const Recording& recording) {
  const auto& plan = recording.plan;
  if (plan && plan->cpu && !plan->memory) {
    std::vector<double> wanted = course.cpu;
    for (std::size_t i = 0; i < wanted.size(); ++i) wanted[i] += course.throttled[i];
    if (const auto peak = peak_of(wanted)) return {*peak, "the peak of CPU use"};
  }
  return {peak_of(course.usage).value_or(0), "the peak of usage"};
}

std::size_t before_load(const Course& course, const Recording& recording) {
  const auto started =
      std::ranges::find(recording.events, EventKind::kLoadStarted, &observe::Event::kind);
  if (started == recording.events.end()) return 0;
  std::size_t out = 0;
  while (out + 1 < course.size() && course.at[out + 1] < seconds(started->at)) ++out;
  return out;
}

}  // namespace duress::render
