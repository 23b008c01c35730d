#include "explain/verdict_words.h"

#include <cmath>
#include <cstdio>

namespace duress::explain::judging {

namespace {

constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3600;

}  // namespace

std::string decimal(double value, int digits) {
  char text[64];
  (void)std::snprintf(text, sizeof text, "%.*f", digits, std::isfinite(value) ? value : 0.0);
  return text;
}

std::string time_of(Duration at) {
  const double seconds = std::chrono::duration<double>(at).count();
  if (seconds < static_cast<double>(kMinute) - 0.05) {
    return decimal(seconds, seconds > 0 && seconds < 0.095 ? 3 : 1) + " s";
  }
  const std::int64_t whole = std::llround(seconds);
  if (whole < kHour) {
    const std::int64_t rest = whole % kMinute;
    return std::to_string(whole / kMinute) + " min" +
           (rest > 0 ? " " + std::to_string(rest) + " s" : "");
  }
  const std::int64_t minutes = (whole % kHour) / kMinute;
  return std::to_string(whole / kHour) + " h" +
         (minutes > 0 ? " " + std::to_string(minutes) + " min" : "");
}

std::string percent(double part, double whole) {
  const double value = whole > 0 ? 100.0 * part / whole : 0.0;
  return decimal(value, value > 0 && value < 9.95 ? 1 : 0) + " %";
}

std::string of_limit(Bytes usage, std::optional<Bytes> limit) {
  if (!limit || limit->value <= 0) return format_bytes(usage);
  return format_bytes(usage) + " of " + format_bytes(*limit) + " (" +
         percent(static_cast<double>(usage.value), static_cast<double>(limit->value)) + ")";
}

std::string count_of(std::int64_t count, std::string_view noun) {
  return std::to_string(count) + " " + std::string(noun) + (count == 1 ? "" : "s");
}

std::string times(std::int64_t count) {
  if (count == 1) return "once";
  if (count == 2) return "twice";
  return std::to_string(count) + " times";
}

std::string process_of(const std::string& name, int pid, std::string_view otherwise) {
  if (name.empty()) {
    return pid > 0 ? "PID " + std::to_string(pid) : std::string(otherwise);
  }
  return quoted(name) + (pid > 0 ? " (PID " + std::to_string(pid) + ")" : "");
}

std::string told(std::string_view text) {
  constexpr std::size_t kMost = 240;
  std::string_view rest = trim(text);
  while (rest.ends_with('.')) rest.remove_suffix(1);
  return rest.empty() ? std::string() : quoted(rest, kMost);
}

std::string sentence(std::string text) {
  if (text.empty()) return text;
  // A file's or a field's name stays as it is written.
  const std::string first = text.substr(0, text.find(' '));
  const bool name = first.find_first_of("_./=") != std::string::npos;
  if (!name && text.front() >= 'a' && text.front() <= 'z') {
    text.front() = static_cast<char>(text.front() - 'a' + 'A');
  }
  if (!text.ends_with('.')) text += '.';
  return text;
}

}  // namespace duress::explain::judging
