#include "render/report_tiles.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/text.h"
#include "render/chart_scale.h"

namespace duress::render {

namespace {

using observe::Recording;

struct Tile {
  std::string name;
  std::string value;
  std::string rest{};
};

Tile usage_tile(const Course& course) {
  const auto peak = peak_of(course.usage);
  if (!peak) return {"peak usage", "–", "no look was recorded"};
  Tile out{"peak usage", size_text(Bytes{static_cast<std::int64_t>(course.usage[*peak])})};
  const double limit = course.limit[*peak];
  if (std::isnan(limit) || limit <= 0) {
    out.rest = "no limit";
  } else {
    out.rest = fmt::format("{} % of {}", number_text(100 * course.usage[*peak] / limit),
                           size_text(Bytes{static_cast<std::int64_t>(limit)}));
  }
  out.rest += ", at " + clock_text_fine(course.at[*peak]);
  return out;
}

Tile load_tile(const Recording& recording) {
  if (!recording.plan || (!recording.plan->memory && !recording.plan->cpu)) {
    return {"load", "none", "only watched"};
  }
  const observe::LoadPlan& plan = *recording.plan;
  if (!plan.memory) return {"load", number_text(plan.cpu->value) + " cores", "asked for"};
  Bytes most{};
  for (const observe::Look& look : recording.looks) {
    most = std::max(most, look.held.value_or(Bytes{}));
  }
  Tile out{"load", (plan.reach ? "to " : "+ ") + size_text(*plan.memory),
           size_text(most) + " held at most"};
  if (plan.cpu) out.rest += ", " + number_text(plan.cpu->value) + " cores";
  return out;
}

Tile cpu_tile(const Recording& recording, const Course& course) {
  if (!peak_of(course.cpu)) return {"CPU", "–", "not available"};
  const observe::Look& first = recording.looks.front();
  const observe::Look& last = recording.looks.back();
  const double over = seconds_of(last.at - first.at);
  Tile out{"CPU, on average", number_text(seconds_of(last.cpu - first.cpu) / over) + " cores"};
  if (last.throttled_periods > 0 && last.periods > 0) {
    out.rest = fmt::format("throttled in {} % of the periods",
                           number_text(100.0 * static_cast<double>(last.throttled_periods) /
                                       static_cast<double>(last.periods)));
  } else {
    out.rest = "never throttled";
  }
  return out;
}

std::vector<Tile> tiles_of(const Recording& recording, const explain::Verdict& verdict,
                           const Course& course) {
  const std::int64_t kills = verdict.stressor_kills + verdict.application_kills;
  Tile oom{"OOM kills", std::to_string(kills)};
  if (kills > 0) {
    oom.rest = fmt::format("{} of the application, {} of Duress’s", verdict.application_kills,
                           verdict.stressor_kills);
    if (verdict.sawtooth > 0) oom.rest += fmt::format("; {} falls", verdict.sawtooth);
  }
  const Tile restarts{"restarts", std::to_string(verdict.restarts),
                      verdict.application_survived ? "the application survived"
                                                   : "the application’s first process ended"};
  Tile length{"length", clock_text(course.length)};
  length.rest = recording.end ? "ended: " + quoted(recording.end->reason) : "";
  if (!recording.complete) length.rest = "the recording was cut off";
  return {usage_tile(course), load_tile(recording),        oom,
          restarts,           cpu_tile(recording, course), length};
}

}  // namespace

void write_tiles(Html& html, const observe::Recording& recording, const explain::Verdict& verdict,
                 const Course& course) {
  html.open("dl", {{"class", "tiles"}});
  for (const Tile& tile : tiles_of(recording, verdict, course)) {
    html.open("div").leaf("dt", {}, tile.name).leaf("dd", {{"class", "value"}}, tile.value);
    if (!tile.rest.empty()) html.leaf("dd", {}, tile.rest);
    html.close();
  }
  html.close();
}

}  // namespace duress::render
