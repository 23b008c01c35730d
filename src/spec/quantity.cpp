#include "spec/quantity.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "base/text.h"

namespace duress::spec {

namespace {

constexpr std::string_view kAllowed = "a quantity such as 500Mi, 2Gi, 500m or 0.5";
constexpr std::size_t kMostDigits = 18;  // what a std::int64_t holds

struct Suffix {
  std::string_view name;
  std::int64_t base;
  int power;
};
constexpr std::array<Suffix, 16> kSuffixes = {{{"", 10, 0},
                                               {"n", 10, -9},
                                               {"u", 10, -6},
                                               {"m", 10, -3},
                                               {"k", 10, 3},
                                               {"M", 10, 6},
                                               {"G", 10, 9},
                                               {"T", 10, 12},
                                               {"P", 10, 15},
                                               {"E", 10, 18},
                                               {"Ki", 1024, 1},
                                               {"Mi", 1024, 2},
                                               {"Gi", 1024, 3},
                                               {"Ti", 1024, 4},
                                               {"Pi", 1024, 5},
                                               {"Ei", 1024, 6}}};

bool is_digit(char c) { return c >= '0' && c <= '9'; }

std::optional<Suffix> suffix_of(std::string_view text) {
  const auto* const found = std::ranges::find(kSuffixes, text, &Suffix::name);
  if (found != kSuffixes.end()) return *found;
  if (text.size() < 2 || (text[0] != 'e' && text[0] != 'E')) return std::nullopt;
  text.remove_prefix(text[1] == '+' ? 2 : 1);
  const auto exponent = parse_integer(text);
  if (!exponent || *exponent < -18 || *exponent > 18) return std::nullopt;
  return Suffix{"", 10, static_cast<int>(*exponent)};
}

// `number` x base^power; nullopt: too large.
std::optional<std::int64_t> raised(std::int64_t number, std::int64_t base, int power) {
  for (int i = 0; i < power; ++i) {
    if (__builtin_mul_overflow(number, base, &number)) return std::nullopt;
  }
  return number;
}

std::int64_t divided_up(std::int64_t number, int power) {
  for (int i = 0; i < power && number > 0; ++i) number = number / 10 + (number % 10 > 0 ? 1 : 0);
  return number;
}

struct Mantissa {
  std::int64_t digits = 0;
  int decimals = 0;
  std::string_view rest{};
};

std::optional<Mantissa> mantissa_of(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  Mantissa out;
  std::size_t count = 0;
  bool point = false;
  std::size_t i = 0;
  for (; i < text.size() && (is_digit(text[i]) || (text[i] == '.' && !point)); ++i) {
    if (text[i] == '.') {
      point = true;
      continue;
    }
    if (++count > kMostDigits) return std::nullopt;
    out.digits = out.digits * 10 + (text[i] - '0');
    out.decimals += point ? 1 : 0;
  }
  if (count == 0) return std::nullopt;
  out.rest = text.substr(i);
  return out;
}

Failure refused(std::string_view text, std::string_view allowed) {
  return fail(Code::kUsage, quoted(text) + " is not allowed: " + std::string(allowed));
}

}  // namespace

Result<std::int64_t> parse_quantity(std::string_view text) {
  const auto mantissa = mantissa_of(text);
  if (!mantissa) return refused(text, kAllowed);
  const auto suffix = suffix_of(mantissa->rest);
  if (!suffix) return refused(text, kAllowed);
  // In thousandths, with the decimals taken off the power of ten.
  const bool binary = suffix->base == 1024;
  const int tens = (binary ? 0 : suffix->power) - mantissa->decimals + 3;
  auto number = std::optional(mantissa->digits);
  if (binary) number = raised(*number, 1024, suffix->power);
  if (number && tens > 0) number = raised(*number, 10, tens);
  if (!number) return refused(text, "less than 8Pi");
  return divided_up(*number, std::max(0, -tens));
}

Result<Bytes> parse_memory(std::string_view text) {
  const auto thousandths = parse_quantity(text);
  if (!thousandths) return Failure(thousandths.error());
  if (*thousandths % 1000 == 0) return Bytes{*thousandths / 1000};
  if (text.ends_with('m')) {
    const std::string number(text.substr(0, text.size() - 1));
    return refused(text, "m is a thousandth: " + number + "Mi or " + number + "M is meant");
  }
  return refused(text, "whole bytes such as 500Mi or 2Gi");
}

Result<Cores> parse_cpu(std::string_view text) {
  const auto mantissa = mantissa_of(text);
  const auto thousandths = parse_quantity(text);
  if (!thousandths) return refused(text, "cores such as 500m, 0.5 or 2");
  const bool finer = mantissa && (mantissa->rest == "n" || mantissa->rest == "u" ||
                                  (mantissa->rest.empty() && mantissa->decimals > 3));
  if (finer) return refused(text, "whole thousandths of a core such as 500m or 0.5");
  constexpr std::int64_t kMostCores = 1'000'000;
  if (*thousandths > kMostCores * 1000) {
    return refused(text, "cores such as 500m, 0.5 or 2, up to 1000000");
  }
  return Cores{static_cast<double>(*thousandths) / 1000};
}

}  // namespace duress::spec
