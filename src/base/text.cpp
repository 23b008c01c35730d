#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <limits>
#include <ranges>

namespace duress {

namespace {

constexpr std::uint64_t kMostPositive = std::numeric_limits<std::int64_t>::max();

// A decimal number as it was written: whole and fraction apart, so that sizes are computed exactly.
struct Decimal {
  std::string_view whole;
  std::string_view fraction;
  std::string_view rest;
};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::string_view take_digits(std::string_view& text) {
  std::size_t n = 0;
  while (n < text.size() && is_digit(text[n])) ++n;
  const std::string_view digits = text.substr(0, n);
  text.remove_prefix(n);
  return digits;
}

// Go's and Kubernetes' decimals: "5", "5.", ".5", "5.25"; no sign, no exponent.
std::optional<Decimal> split_decimal(std::string_view text) {
  Decimal decimal;
  decimal.whole = take_digits(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    decimal.fraction = take_digits(text);
  }
  if (decimal.whole.empty() && decimal.fraction.empty()) return std::nullopt;
  decimal.rest = text;
  return decimal;
}

// The decimal times `unit`, cut to a whole number; nothing when it does not fit into 63 bits.
std::optional<std::int64_t> scaled(const Decimal& decimal, std::uint64_t unit) {
  std::uint64_t whole = 0;
  for (const char digit : decimal.whole) {
    const auto value = static_cast<std::uint64_t>(digit - '0');
    if (whole > (kMostPositive - value) / 10) return std::nullopt;
    whole = whole * 10 + value;
  }
  if (whole > kMostPositive / unit) return std::nullopt;
  whole *= unit;

  // From the last place to the first: every step divides by ten once and stays below the unit.
  std::uint64_t part = 0;
  for (const char digit : std::views::reverse(decimal.fraction)) {
    part = (static_cast<std::uint64_t>(digit - '0') * unit + part) / 10;
  }
  if (part > kMostPositive - whole) return std::nullopt;
  return static_cast<std::int64_t>(whole + part);
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lowered(std::string_view text) {
  std::string out;
  std::ranges::transform(text, std::back_inserter(out), lower);
  return out;
}

// "", "b", "k", "kb", "ki", "kib" and on to exa; nothing when it is no unit.
std::optional<std::uint64_t> size_unit(std::string_view text) {
  std::string unit = lowered(text);
  if (unit.empty() || unit == "b") return 1;
  constexpr std::string_view prefixes = "kmgtpe";
  const std::size_t power = prefixes.find(unit[0]);
  if (power == std::string_view::npos) return std::nullopt;
  const std::string_view tail = std::string_view(unit).substr(1);
  const bool binary = tail == "i" || tail == "ib";
  if (!binary && !tail.empty() && tail != "b") return std::nullopt;
  std::uint64_t factor = 1;
  for (std::size_t i = 0; i <= power; ++i) factor *= binary ? 1024 : 1000;
  return factor;
}

struct TimeUnit {
  std::string_view name;
  std::int64_t nanoseconds;
};

// Both micro signs that Go takes: U+00B5 and U+03BC. Longer names stand before what they begin
// with.
constexpr std::array<TimeUnit, 8> kTimeUnits = {{
    {"ns", 1},
    {"us", 1'000},
    {"\u00b5s", 1'000},
    {"\u03bcs", 1'000},
    {"ms", 1'000'000},
    {"s", 1'000'000'000},
    {"m", 60'000'000'000},
    {"h", 3'600'000'000'000},
}};

const TimeUnit* take_time_unit(std::string_view& text) {
  for (const TimeUnit& unit : kTimeUnits) {
    if (text.starts_with(unit.name)) {
      text.remove_prefix(unit.name.size());
      return &unit;
    }
  }
  return nullptr;
}

Failure not_a_size(std::string_view text) {
  return fail(Code::kUsage, quoted(text) + " is not a size: write one such as 50MiB, 500Mi or 2GB");
}

Failure not_a_duration(std::string_view text) {
  return fail(Code::kUsage,
              quoted(text) + " is not a duration: write one such as 90s, 1h30m or 250ms");
}

// "1.5", "250", "90.000000001": `value` with its last `places` digits behind the point, trailing
// zeros cut.
std::string decimal_of(std::uint64_t value, std::size_t places) {
  std::string digits = std::to_string(value);
  if (digits.size() <= places) digits.insert(0, places + 1 - digits.size(), '0');
  digits.insert(digits.size() - places, 1, '.');
  digits.erase(digits.find_last_not_of('0') + 1);
  if (digits.ends_with('.')) digits.pop_back();
  return digits;
}

std::uint64_t magnitude(std::int64_t value) {
  return value < 0 ? 0 - static_cast<std::uint64_t>(value) : static_cast<std::uint64_t>(value);
}

}  // namespace

Result<Bytes> parse_size(std::string_view text) {
  const std::string_view word = trim(text);
  if (word.starts_with('-')) {
    return fail(Code::kUsage, quoted(text) + " is negative: a size is 0 or more, such as 50MiB");
  }
  const auto decimal = split_decimal(word);
  if (!decimal) return not_a_size(text);
  const auto unit = size_unit(trim(decimal->rest));
  if (!unit) return not_a_size(text);
  const auto bytes = scaled(*decimal, *unit);
  if (!bytes) {
    return fail(Code::kUsage, quoted(text) + " is too large: a size is less than 8EiB");
  }
  return Bytes{*bytes};
}

Result<Percent> parse_percent(std::string_view text) {
  const auto refuse = [&] {
    return fail(Code::kUsage,
                quoted(text) + " is not a percentage: write one such as 80% or 12.5%");
  };
  std::string_view word = trim(text);
  if (!word.ends_with('%')) return refuse();
  word = trim(word.substr(0, word.size() - 1));
  if (word.starts_with('-')) {
    return fail(Code::kUsage, quoted(text) + " is negative: a percentage is 0% or more");
  }
  const auto decimal = split_decimal(word);
  if (!decimal || !decimal->rest.empty()) return refuse();
  double value = 0;
  const auto read = std::from_chars(word.data(), word.data() + word.size(), value);
  if (read.ec != std::errc()) return refuse();
  return Percent{value};
}

Result<std::variant<Bytes, Percent>> parse_size_or_percent(std::string_view text) {
  if (trim(text).ends_with('%')) {
    const auto percent = parse_percent(text);
    if (!percent) return Failure(percent.error());
    return *percent;
  }
  const auto size = parse_size(text);
  if (!size) return Failure(size.error());
  return *size;
}

Result<Duration> parse_duration(std::string_view text) {
  std::string_view rest = trim(text);
  const bool negative = rest.starts_with('-');
  if (negative || rest.starts_with('+')) rest.remove_prefix(1);
  if (rest == "0") return Duration(0);
  if (rest.empty()) return not_a_duration(text);
  std::uint64_t sum = 0;
  while (!rest.empty()) {
    const auto decimal = split_decimal(rest);
    if (!decimal) return not_a_duration(text);
    rest = decimal->rest;
    const TimeUnit* unit = take_time_unit(rest);
    if (unit == nullptr) return not_a_duration(text);
    const auto part = scaled(*decimal, static_cast<std::uint64_t>(unit->nanoseconds));
    if (!part || static_cast<std::uint64_t>(*part) > kMostPositive - sum) {
      return fail(Code::kUsage, quoted(text) + " is too long: a duration is less than 292 years");
    }
    sum += static_cast<std::uint64_t>(*part);
  }
  const auto count = static_cast<std::int64_t>(sum);
  return Duration(negative ? -count : count);
}

Result<std::int64_t> parse_integer(std::string_view text) {
  std::int64_t value = 0;
  const std::span<const char> digits(text);
  const char* const end = digits.data() + digits.size();
  const auto [stopped, error] = std::from_chars(digits.data(), end, value);
  if (error == std::errc::result_out_of_range && stopped == end) {
    return fail(Code::kUsage, quoted(text) + " is out of range: a whole number below 2^63");
  }
  if (error != std::errc() || stopped != end) {
    return fail(Code::kUsage,
                quoted(text) + " is not a whole number: write digits only, such as 4");
  }
  return value;
}

std::string format_bytes(Bytes bytes) {
  constexpr std::array<std::string_view, 7> units = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  const std::uint64_t size = magnitude(bytes.value);
  std::size_t power = 0;
  std::uint64_t unit = 1;
  // 1023.95 of a unit would print as 1024: that is one of the next.
  while (power + 1 < units.size() && size >= unit * 1024 - unit / 20) {
    unit *= 1024;
    ++power;
  }
  // 3000 MiB says more than 2.9 GiB: one unit smaller where that is exact and this is not.
  constexpr std::uint64_t tenths = 10;
  const bool inexact = power > 1 && size % unit * tenths % unit != 0;
  if (inexact && size % (unit / 1024) == 0 && size < unit * tenths) {
    unit /= 1024;
    --power;
  }
  const std::uint64_t rest = size % unit;
  std::uint64_t whole = size / unit;
  std::uint64_t tenth = (rest * 10 + unit / 2) / unit;
  if (tenth == 10) {
    ++whole;
    tenth = 0;
  }
  std::string out = bytes.value < 0 ? "-" : "";
  out += std::to_string(whole);
  if (tenth != 0) out += '.' + std::to_string(tenth);
  return out + ' ' + std::string(units[power]);
}

std::string format_duration(Duration duration) {
  const std::uint64_t all = magnitude(duration.count());
  if (all == 0) return "0s";
  const std::string sign = duration.count() < 0 ? "-" : "";
  if (all < 1'000) return sign + std::to_string(all) + "ns";
  if (all < 1'000'000) return sign + decimal_of(all, 3) + "\u00b5s";
  if (all < 1'000'000'000) return sign + decimal_of(all, 6) + "ms";

  constexpr std::uint64_t minute = 60'000'000'000;
  constexpr std::uint64_t hour = 60 * minute;
  const std::uint64_t hours = all / hour;
  const std::uint64_t minutes = all % hour / minute;
  const std::uint64_t rest = all % minute;
  std::string out = sign;
  if (hours != 0) out += std::to_string(hours) + 'h';
  if (minutes != 0) out += std::to_string(minutes) + 'm';
  if (rest != 0) out += decimal_of(rest, 9) + 's';
  return out;
}

}  // namespace duress
