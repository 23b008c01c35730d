#include "base/wall_time.h"

#include <fmt/format.h>

#include <cstdint>

namespace duress {

namespace {

constexpr int kMicroDigits = 6;

std::optional<int> digits(std::string_view text, std::size_t at, std::size_t count) {
  if (text.size() < at + count) return std::nullopt;
  int number = 0;
  for (const char c : text.substr(at, count)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  return number;
}

// What stands behind the seconds: ".123456" and "Z" or "+01:00".
std::optional<std::chrono::nanoseconds> rest_of(std::string_view rest) {
  std::chrono::nanoseconds time{0};
  if (rest.starts_with('.')) {
    rest.remove_prefix(1);
    std::int64_t unit = 100'000'000;
    while (!rest.empty() && rest[0] >= '0' && rest[0] <= '9') {
      time += std::chrono::nanoseconds(unit * (rest[0] - '0'));
      unit /= 10;
      rest.remove_prefix(1);
    }
  }
  if (rest == "Z" || rest == "z") return time;
  if (rest.size() != 6 || (rest[0] != '+' && rest[0] != '-') || rest[3] != ':') return std::nullopt;
  const auto hours = digits(rest, 1, 2);
  const auto minutes = digits(rest, 4, 2);
  if (!hours || !minutes || *hours > 23 || *minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return rest[0] == '+' ? time - offset : time + offset;
}

std::string formatted(WallTime time, int decimals) {
  const auto seconds = std::chrono::floor<std::chrono::seconds>(time);
  const auto day = std::chrono::floor<std::chrono::days>(seconds);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(seconds - day);
  std::string text =
      fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}", static_cast<int>(date.year()),
                  static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                  clock.hours().count(), clock.minutes().count(), clock.seconds().count());
  if (decimals > 0)
    text += fmt::format(
        ".{:06}", std::chrono::duration_cast<std::chrono::microseconds>(time - seconds).count());
  return text + "Z";
}

}  // namespace

std::optional<WallTime> parse_time(std::string_view text) {
  const auto year = digits(text, 0, 4);
  const auto month = digits(text, 5, 2);
  const auto day = digits(text, 8, 2);
  const auto hour = digits(text, 11, 2);
  const auto minute = digits(text, 14, 2);
  const auto second = digits(text, 17, 2);
  if (!year || !month || !day || !hour || !minute || !second || text.size() < 20)
    return std::nullopt;
  if (text[4] != '-' || text[7] != '-' || text[13] != ':' || text[16] != ':') return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
  const auto rest = rest_of(text.substr(19));
  if (!rest) return std::nullopt;
  return WallTime(std::chrono::sys_days(date)) + std::chrono::hours(*hour) +
         std::chrono::minutes(*minute) + std::chrono::seconds(*second) + *rest;
}

std::string format_time(WallTime time) { return formatted(time, 0); }

std::string format_micro_time(WallTime time) { return formatted(time, kMicroDigits); }

}  // namespace duress
