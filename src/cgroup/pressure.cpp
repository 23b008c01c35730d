#include "cgroup/pressure.h"

#include "cgroup/parse.h"

namespace duress::cgroup {

namespace {

// "some avg10=0.00 avg60=0.00 avg300=0.00 total=1234"
std::optional<std::chrono::microseconds> total_of(std::string_view line) {
  constexpr std::string_view key = "total=";
  const std::size_t at = line.find(key);
  if (at == std::string_view::npos) return std::nullopt;
  const auto value = number_value(line.substr(at + key.size()));
  return value ? std::optional(std::chrono::microseconds(*value)) : std::nullopt;
}

}  // namespace

std::optional<Pressure> parse_pressure(std::string_view text) {
  std::optional<Pressure> out;
  for (const std::string& line : split(text, '\n')) {
    const auto total = total_of(line);
    if (!total) continue;
    if (!out) out.emplace();
    if (line.starts_with("some ")) out->some = *total;
    if (line.starts_with("full ")) out->full = *total;
  }
  return out;
}

std::optional<Pressure> PressureFiles::read(const std::string& name) const {
  if (files_.directory().empty()) return std::nullopt;
  const auto text = files_.read(name);
  return text ? parse_pressure(*text) : std::nullopt;
}

}  // namespace duress::cgroup
