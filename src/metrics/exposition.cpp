#include "metrics/exposition.h"

#include <fmt/format.h>

#include <cmath>

namespace duress::metrics {

namespace {

std::string escaped(const std::string& text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quotes) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
  return out;
}

std::string number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

std::string labels_text(const Labels& labels) {
  if (labels.empty()) return "";
  std::string out;
  for (const auto& [name, value] : labels)
    out += (out.empty() ? "{" : ",") + name + "=\"" + escaped(value, true) + "\"";
  return out + "}";
}

}  // namespace

std::string exposition(const std::vector<Family>& families) {
  std::string out;
  for (const Family& family : families) {
    if (family.samples.empty()) continue;
    out += "# HELP " + family.name + " " + escaped(family.help, false) + "\n";
    out += "# TYPE " + family.name + (family.type == Type::kCounter ? " counter\n" : " gauge\n");
    for (const Sample& sample : family.samples)
      out += family.name + labels_text(sample.labels) + " " + number(sample.value) + "\n";
  }
  return out;
}

}  // namespace duress::metrics
