#include "render/verdict.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "render/table.h"
#include "render/wrap.h"

namespace duress::render {

namespace {

// Longer lines of prose are hard to read; a table's last column may be as wide as there is room.
constexpr std::size_t kMostProse = 110;

double seconds(Duration at) { return std::chrono::duration<double>(at).count(); }

std::string list(std::string_view head, const std::vector<std::string>& lines,
                 std::size_t columns) {
  if (lines.empty()) return "";
  std::string out = "\n" + std::string(head) + "\n";
  for (const std::string& line : lines) out += paragraph("  - ", line, columns);
  return out;
}

// "12.345 s", "75.0 s", "36000 s": to the millisecond while that is short.
std::string time_cell(Duration at) {
  char text[48];
  const double value = seconds(at);
  const int digits = value < 1000 ? 3 : value < 100'000 ? 1 : 0;
  (void)std::snprintf(text, sizeof text, "%.*f s", digits, value);
  return text;
}

std::string_view mark(explain::Severity severity) {
  return severity == explain::Severity::kBad ? "!" : "";
}

std::string timeline(const std::vector<explain::TimelineEntry>& entries, std::size_t columns) {
  if (entries.empty()) return "";
  std::size_t time = 4;
  for (const auto& entry : entries) time = std::max(time, width(time_cell(entry.at)));
  const std::size_t before = time + 2 + 1 + 2;
  std::vector<std::vector<std::string>> rows;
  for (const auto& entry : entries) {
    const auto lines = wrapped(entry.text, columns > before + 10 ? columns - before : 10);
    for (std::size_t i = 0; i < lines.size(); ++i) {
      rows.push_back({i == 0 ? time_cell(entry.at) : "",
                      i == 0 ? std::string(mark(entry.severity)) : "", lines[i]});
    }
  }
  return "\n" + table({{"time", true}, {" "}, {"what happened"}}, rows);
}

}  // namespace

std::string verdict_text(const explain::Verdict& verdict, std::size_t columns) {
  const std::size_t prose = std::min(columns, kMostProse);
  std::string out = paragraph("", verdict.sentence, prose);
  out += list("Evidence", verdict.evidence, prose);
  out += list("What else holds", verdict.also, prose);
  out += list("What to change", verdict.advice, prose);
  if (!verdict.foretold.empty()) out += "\n" + paragraph("", verdict.foretold, prose);
  return out + timeline(verdict.timeline, columns);
}

nlohmann::ordered_json verdict_json(const explain::Verdict& verdict) {
  using nlohmann::ordered_json;
  ordered_json entries = ordered_json::array();
  for (const auto& entry : verdict.timeline) {
    entries.push_back({{"atSeconds", seconds(entry.at)},
                       {"text", entry.text},
                       {"severity", explain::name_of(entry.severity)}});
  }
  return {{"finding", explain::name_of(verdict.finding)},
          {"severity", explain::name_of(verdict.severity)},
          {"sentence", verdict.sentence},
          {"applicationSurvived", verdict.application_survived},
          {"restarts", verdict.restarts},
          {"stressorKills", verdict.stressor_kills},
          {"applicationKills", verdict.application_kills},
          {"sawtooth", verdict.sawtooth},
          {"evidence", verdict.evidence},
          {"also", verdict.also},
          {"advice", verdict.advice},
          {"asForetold", verdict.as_foretold ? ordered_json(*verdict.as_foretold) : nullptr},
          {"foretold", verdict.foretold},
          {"timeline", std::move(entries)}};
}

}  // namespace duress::render
