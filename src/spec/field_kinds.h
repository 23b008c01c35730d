// How each kind of value that stands in the table of fields is read and written: `read` answers
// nothing where the text is not allowed; the row says what is. Not for anybody but fields.cpp.
// Values and pure functions; any thread.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/text.h"
#include "base/units.h"

namespace duress::spec {

template <class E>
struct Name {
  std::string_view name;
  E value;
};

template <class E, std::size_t N>
struct Choice {
  const Name<E> (&names)[N];
  [[nodiscard]] std::optional<E> read(std::string_view text) const {
    const auto* const found = std::ranges::find(names, trim(text), &Name<E>::name);
    return found == std::end(names) ? std::nullopt : std::optional(found->value);
  }
  [[nodiscard]] std::string write(E value) const {
    return std::string(std::ranges::find(names, value, &Name<E>::value)->name);
  }
};

struct Whole {
  int least;
  int most;
  [[nodiscard]] std::optional<int> read(std::string_view text) const {
    const auto number = parse_integer(trim(text));
    if (!number || *number < least || *number > most) return std::nullopt;
    return static_cast<int>(*number);
  }
  static std::string write(int value) { return std::to_string(value); }
};

struct Size {
  Bytes least;
  std::string_view may_end_in{};
  [[nodiscard]] std::optional<Bytes> read(std::string_view text) const {
    text = trim(text);
    if (text.ends_with(may_end_in)) text.remove_suffix(may_end_in.size());
    const auto size = parse_size(text);
    if (!size || *size < least) return std::nullopt;
    return *size;
  }
  // In the largest unit that keeps every byte.
  static std::string write(Bytes value) {
    for (const auto& [unit, name] : {std::pair(gib(1), "GiB"), {mib(1), "MiB"}, {kib(1), "KiB"}}) {
      if (value.value > 0 && value.value % unit.value == 0)
        return std::to_string(value.value / unit.value).append(name);
    }
    return std::to_string(value.value);
  }
};

// std::to_chars' shortest text, which reads back as the same number.
inline std::string percent_text(Percent percent) { return fmt::format("{}%", percent.value); }

struct SizeOrPercent {
  using Value = std::variant<Bytes, Percent>;
  static std::optional<Value> read(std::string_view text) {
    const auto size = parse_size_or_percent(text);
    if (!size) return std::nullopt;
    const bool positive = std::visit([](auto part) { return part.value > 0; }, *size);
    return positive ? std::optional(*size) : std::nullopt;
  }
  static std::string write(const Value& value) {
    if (const auto* bytes = std::get_if<Bytes>(&value)) return Size::write(*bytes);
    return percent_text(std::get<Percent>(value));
  }
};

// Also nothing, and of a percentage no more than all.
struct SizeOrShare {
  using Value = SizeOrPercent::Value;
  static std::optional<Value> read(std::string_view text) {
    const auto size = parse_size_or_percent(text);
    if (!size) return std::nullopt;
    const auto* percent = std::get_if<Percent>(&*size);
    return percent != nullptr && percent->value > 100 ? std::nullopt : std::optional(*size);
  }
  static std::string write(const Value& value) { return SizeOrPercent::write(value); }
};

struct Load {
  static std::optional<Percent> read(std::string_view text) {
    std::string load(trim(text));
    if (!load.ends_with('%')) load += '%';
    const auto percent = parse_percent(load);
    if (!percent || percent->value < 1 || percent->value > 100) return std::nullopt;
    return *percent;
  }
  static std::string write(Percent value) { return percent_text(value); }
};

struct Time {
  Duration least;
  [[nodiscard]] std::optional<Duration> read(std::string_view text) const {
    const auto time = parse_duration(text);
    if (!time || *time < least) return std::nullopt;
    return *time;
  }
  static std::string write(Duration value) { return format_duration(value); }
};

}  // namespace duress::spec
