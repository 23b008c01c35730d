// Figures in Prometheus' text format, as values and the text made of them. It measures nothing and
// keeps no state between two texts. Pure; any thread.
#pragma once

#include <string>
#include <utility>
#include <vector>

namespace duress::metrics {

using Labels = std::vector<std::pair<std::string, std::string>>;

struct Sample {
  Labels labels{};
  double value = 0;
};

enum class Type { kGauge, kCounter };

struct Family {
  std::string name{};  // "duress_held_bytes"; of a counter, with its "_total"
  std::string help{};
  Type type = Type::kGauge;
  std::vector<Sample> samples{};
};

// Version 0.0.4 of the format. A family without samples is left out.
[[nodiscard]] std::string exposition(const std::vector<Family>& families);

}  // namespace duress::metrics
