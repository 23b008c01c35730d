// Sizes, percentages, durations and numbers: whatever is typed, each is taken or refused in one
// line, and what is printed reads back as itself.

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/text.h"
#include "check.h"

namespace {

using duress::fuzz::check;

void one_line(const duress::Error& error) {
  check(duress::is_utf8(error.message), "a message is UTF-8");
  check(error.message.size() < 500, "a message is short");
  for (const char c : error.message) {
    check(static_cast<unsigned char>(c) >= 0x20 && c != 0x7F, "a message is one plain line");
  }
}

void sizes(std::string_view text) {
  if (const auto size = duress::parse_size(text)) {
    check(size->value >= 0, "a size is not negative");
    check(duress::parse_size(std::to_string(size->value)) == *size, "bytes read back");
    check(duress::parse_size(duress::format_bytes(*size)).has_value() || size->value > (7LL << 60),
          "what is printed is a size");
  } else {
    one_line(size.error());
  }
  if (const auto percent = duress::parse_percent(text)) {
    check(std::isfinite(percent->value) && percent->value >= 0, "a percentage is a number");
    check(!duress::parse_size(text), "a percentage is not a size");
  } else {
    one_line(percent.error());
  }
  const auto either = duress::parse_size_or_percent(text);
  check(either.has_value() ==
            (duress::parse_size(text).has_value() || duress::parse_percent(text).has_value()),
        "either is one of the two");
}

void durations(std::string_view text) {
  const auto duration = duress::parse_duration(text);
  if (!duration) return one_line(duration.error());
  check(duress::parse_duration(duress::format_duration(*duration)) == *duration,
        "a duration reads back");
}

void words(std::string_view text) {
  constexpr std::array<std::string_view, 4> names = {"size", "workers", "oomScoreAdj", "mode"};
  check(duress::nearest(text, names) != "", "the nearest is one of the names");
  const std::string shown = duress::quoted(text);
  check(!shown.empty() && duress::is_utf8(shown), "what is quoted is visible UTF-8");
  if (const auto number = duress::parse_integer(text)) {
    check(duress::parse_integer(std::to_string(*number)) == *number, "a number reads back");
  } else {
    one_line(number.error());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  sizes(text);
  durations(text);
  words(text);
  return 0;
}
