// Text that people write and read: sizes, percentages, Go durations, numbers, the nearest known
// name. It is not a YAML or command-line parser; those hand their strings to these functions. Pure
// functions; any thread. Every error says what was given and what is allowed.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "base/error.h"
#include "base/units.h"

namespace duress {

using Duration = std::chrono::nanoseconds;

// A size as StressChaos and Kubernetes write it: "50MiB", "500Mi" (powers of 1024), "50MB", "50M",
// "50m" (powers of 1000; m is mega, as Chaos Mesh means it), "100B", "1 GiB", "2P", any case, a
// decimal fraction; a bare number is bytes.
[[nodiscard]] Result<Bytes> parse_size(std::string_view text);

// "80%", "12.5%". Range is the caller's to check; negative and non-finite values are refused here.
[[nodiscard]] Result<Percent> parse_percent(std::string_view text);

// "80%" or a size.
[[nodiscard]] Result<std::variant<Bytes, Percent>> parse_size_or_percent(std::string_view text);

// A Go duration: "1h", "90s", "1h30m", "100ms", "1.5h", "-1s" (negative parses; the caller
// refuses), "0".
[[nodiscard]] Result<Duration> parse_duration(std::string_view text);

// A whole decimal number, nothing before or after it.
[[nodiscard]] Result<std::int64_t> parse_integer(std::string_view text);

// "50 MiB", "1.5 GiB", "640 KiB", "12 B": at most one decimal, binary units.
[[nodiscard]] std::string format_bytes(Bytes bytes);

// "1h30m", "90s" as "1m30s", "250ms": Go's way.
[[nodiscard]] std::string format_duration(Duration duration);

// The candidate within a third of the word's length in edits (at least 1), if there is one: "did
// you mean ...".
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word,
                                                      std::span<const std::string_view> candidates);

// What may stand in a message: control characters and invalid UTF-8 escaped, cut to `most`
// characters with "...". No marks are put around it, but empty text becomes "".
[[nodiscard]] std::string quoted(std::string_view text, std::size_t most = 60);

// Without these, an argument of type std::string or const char* finds std::quoted where <iomanip>
// is.
[[nodiscard]] inline std::string quoted(const std::string& text, std::size_t most = 60) {
  return quoted(std::string_view(text), most);
}
[[nodiscard]] inline std::string quoted(std::string& text, std::size_t most = 60) {
  return quoted(std::string_view(text), most);
}
[[nodiscard]] inline std::string quoted(const char* text, std::size_t most = 60) {
  return quoted(std::string_view(text), most);
}

[[nodiscard]] bool is_utf8(std::string_view text);

[[nodiscard]] std::string_view trim(std::string_view text);

}  // namespace duress
