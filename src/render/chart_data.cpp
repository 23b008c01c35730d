#include "render/chart_data.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>
#include <string_view>

namespace duress::render {

namespace {

using Json = nlohmann::ordered_json;

struct Written {
  std::string_view key;
  Column column;
  double unit;
};

constexpr std::array kColumns = {
    Written{"at", &Course::at, 1e-3},
    Written{"usage", &Course::usage, 1024},
    Written{"working-set", &Course::working_set, 1024},
    Written{"application", &Course::application, 1024},
    Written{"cache", &Course::cache, 1024},
    Written{"ours", &Course::ours, 1024},
    Written{"limit", &Course::limit, 1024},
    Written{"asked", &Course::asked, 1024},
    Written{"cpu", &Course::cpu, 1e-3},
    Written{"throttled", &Course::throttled, 1e-3},
    Written{"memory-some", &Course::memory_some, 1e-2},
    Written{"memory-full", &Course::memory_full, 1e-2},
    Written{"cpu-some", &Course::cpu_some, 1e-2},
};

Json differences(const std::vector<double>& column, const std::vector<std::size_t>& looks,
                 double unit) {
  Json out = Json::array();
  std::int64_t last = 0;
  for (const std::size_t i : looks) {
    if (std::isnan(column[i])) {
      out.push_back(nullptr);
      continue;
    }
    const auto value = static_cast<std::int64_t>(std::llround(column[i] / unit));
    out.push_back(value - last);
    last = value;
  }
  return out;
}

// Where in `looks` the one stands that is closest to it.
std::size_t nearest(const std::vector<std::size_t>& looks, std::size_t look) {
  const auto after = std::ranges::lower_bound(looks, look);
  if (after == looks.end()) return looks.empty() ? 0 : looks.size() - 1;
  return static_cast<std::size_t>(after - looks.begin());
}

}  // namespace

std::vector<std::size_t> looks_kept(const Course& course, std::size_t most) {
  std::vector<std::size_t> out;
  const std::size_t size = course.size();
  if (size == 0) return out;
  if (size <= most || most < 3) {
    for (std::size_t i = 0; i < size; ++i) out.push_back(i);
    return out;
  }
  out.push_back(0);
  const std::size_t inner = size - 2;
  const std::size_t buckets = most - 2;
  for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
    const std::size_t from = 1 + bucket * inner / buckets;
    const std::size_t until = 1 + (bucket + 1) * inner / buckets;
    std::size_t best = from;
    for (std::size_t i = from; i < until; ++i) {
      if (course.usage[i] > course.usage[best]) best = i;
    }
    out.push_back(best);
  }
  out.push_back(size - 1);
  return out;
}

std::string chart_data(const Course& course, const Lanes& lanes,
                       const std::vector<std::size_t>& looks, const Shown& shown) {
  Json out = {{"length", course.length},
              {"shown", {nearest(looks, shown.index), std::string(shown.name)}},
              {"columns", Json::object()},
              {"events", Json::array()}};
  for (const Written& written : kColumns) {
    const std::vector<double>& column = course.*written.column;
    if (peak_of(column)) {
      out["columns"][std::string(written.key)] = differences(column, looks, written.unit);
    }
  }
  for (const Mark& mark : lanes.marks) {
    const double at = std::round(mark.at * 1000) / 1000;
    out["events"].push_back(
        {at, mark.count == 1 ? mark.text
                             : std::to_string(mark.count) + ' ' + std::string(mark.kind->many)});
  }
  // Only ASCII comes out; "</script" and "<!--" would end or change the element around it.
  const std::string text = out.dump(-1, ' ', true, Json::error_handler_t::replace);
  std::string safe;
  for (const char c : text) {
    if (c == '<') {
      safe += "\\u003c";
    } else {
      safe += c;
    }
  }
  return safe;
}

}  // namespace duress::render
