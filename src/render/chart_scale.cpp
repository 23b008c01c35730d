#include "render/chart_scale.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace duress::render {

namespace {

constexpr double kMib = 1024.0 * 1024.0;
constexpr double kRoom = 1.08;  // above the highest value, so that it does not touch the edge

// The smallest of 1, 2, 5, 10, 20, ... that needs no more than `at_most` steps up to `most`.
double round_step(double most, int at_most) {
  const double least = most / at_most;
  const double magnitude = std::pow(10.0, std::floor(std::log10(least)));
  for (const double factor : {1.0, 2.0, 5.0}) {
    if (factor * magnitude >= least * (1 - 1e-9)) return factor * magnitude;
  }
  return 10 * magnitude;
}

std::string trimmed(std::string text) {
  if (text.find('.') == std::string::npos) return text;
  text.erase(text.find_last_not_of('0') + 1);
  if (text.ends_with('.')) text.pop_back();
  return text;
}

Axis plain_axis(double most, double unit, const std::string& suffix, int at_most) {
  Axis out;
  out.top = most;
  const double step = round_step(most / unit, at_most);
  const int steps = static_cast<int>(std::floor(most / unit / step + 1e-9));
  for (int i = 0; i <= steps; ++i) {
    const double value = i * step;
    const std::string number = trimmed(fmt::format("{:.4f}", value));
    out.ticks.push_back({value * unit, i == 0 ? "0" : number + suffix});
  }
  return out;
}

}  // namespace

Axis memory_axis(double most) {
  most = std::max(most, 1024.0) * kRoom;
  double unit = 1024;
  std::string suffix = " KiB";
  if (most >= 2048 * kMib) {
    unit = 1024 * kMib;
    suffix = " GiB";
  } else if (most >= 2 * kMib) {
    unit = kMib;
    suffix = " MiB";
  }
  return plain_axis(most, unit, suffix, 6);
}

Axis cores_axis(double most) { return plain_axis(std::max(most, 0.1) * kRoom, 1, "", 5); }

Axis percent_axis(double most) {
  return plain_axis(std::clamp(most * kRoom, 1.0, 100.0), 1, " %", 5);
}

std::vector<Tick> time_ticks(double length, int at_most) {
  constexpr std::array kSteps = {0.1,   0.2,   0.5,   1.0,    2.0,    5.0,    10.0,
                                 15.0,  30.0,  60.0,  120.0,  300.0,  600.0,  900.0,
                                 1800., 3600., 7200., 10800., 21600., 43200., 86400.};
  std::vector<Tick> out;
  if (length <= 0 || at_most < 1) return {{0, "0:00"}};
  const auto* found = std::ranges::find_if(
      kSteps, [&](double step) { return length / step <= static_cast<double>(at_most); });
  double step = found == kSteps.end() ? 86400.0 : *found;
  while (length / step > at_most) step *= 2;
  const int steps = static_cast<int>(std::floor(length / step + 1e-9));
  for (int i = 0; i <= steps; ++i) {
    const double at = i * step;
    out.push_back({at, step < 1 ? clock_text_fine(at) : clock_text(at)});
  }
  return out;
}

std::string clock_text(double seconds) {
  const auto whole = static_cast<long long>(std::floor(std::max(seconds, 0.0) + 1e-6));
  if (whole < 3600) return fmt::format("{}:{:02}", whole / 60, whole % 60);
  return fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60);
}

std::string clock_text_fine(double seconds) {
  const auto tenths = std::llround(std::max(seconds, 0.0) * 10);
  const auto whole = tenths / 10;
  return fmt::format("{}.{}", clock_text(static_cast<double>(whole)), tenths % 10);
}

double seconds_of(Duration duration) { return std::chrono::duration<double>(duration).count(); }

std::string size_text(Bytes bytes) {
  const auto value = static_cast<double>(bytes.value);
  if (bytes.value == 0) return "0";
  if (std::abs(value) < 1024) return fmt::format("{} B", bytes.value);
  if (std::abs(value) < kMib) return fmt::format("{:.0f} KiB", value / 1024);
  if (std::abs(value) < 1000 * kMib) return trimmed(fmt::format("{:.1f}", value / kMib)) + " MiB";
  if (std::abs(value) < 10000 * kMib) return fmt::format("{:.0f} MiB", value / kMib);
  return trimmed(fmt::format("{:.2f}", value / kMib / 1024)) + " GiB";
}

std::string value_text(double value, Unit unit) {
  if (std::isnan(value)) return "–";
  switch (unit) {
    case Unit::kBytes:
      return size_text(Bytes{static_cast<std::int64_t>(value)});
    case Unit::kCores:
      return number_text(value) + (value == 1 ? " core" : " cores");
    case Unit::kPercent:
      return number_text(value) + " %";
    case Unit::kNumber:
      return fmt::format("{:.0f}", value);
  }
  return {};
}

std::string number_text(double value) {
  const double size = std::abs(value);
  if (size >= 100) return fmt::format("{:.0f}", value);
  return trimmed(fmt::format("{:.{}f}", value, size >= 10 ? 1 : 2));
}

}  // namespace duress::render
