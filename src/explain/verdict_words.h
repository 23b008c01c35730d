// How a verdict says figures: sizes of a limit, times of a recording, counts with their noun, and
// foreign text made safe to print. It knows no finding. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/text.h"
#include "base/units.h"

namespace duress::explain::judging {

// "0.4 s", "12.3 s", "3 min 20 s", "2 h 5 min".
[[nodiscard]] std::string time_of(Duration at);

// "499 MiB of 500 MiB (100 %)", or the first alone where there is no limit.
[[nodiscard]] std::string of_limit(Bytes usage, std::optional<Bytes> limit);

// "1 period", "52 periods": the noun takes an s.
[[nodiscard]] std::string count_of(std::int64_t count, std::string_view noun);

// "once", "twice", "52 times".
[[nodiscard]] std::string times(std::int64_t count);

// part of whole in percent, "0.4 %" below ten, "38 %" else; "0 %" of nothing.
[[nodiscard]] std::string percent(double part, double whole);

// With so many decimals.
[[nodiscard]] std::string decimal(double value, int digits);

// "node (PID 18)", "node", "PID 18"; `otherwise` where neither is known.
[[nodiscard]] std::string process_of(const std::string& name, int pid, std::string_view otherwise);

// A foreign sentence: one line, printable, cut where it is very long, without its full stop.
[[nodiscard]] std::string told(std::string_view text);

// "a", "a and b", "a, b and c".
template <class List>
[[nodiscard]] std::string listed(const List& words) {
  std::string out;
  std::size_t left = words.size();
  for (const auto& word : words) {
    out += word;
    --left;
    if (left > 1) out += ", ";
    if (left == 1) out += " and ";
  }
  return out;
}

// Its first letter large, unless it begins with a file's name, and a full stop at its end.
[[nodiscard]] std::string sentence(std::string text);

}  // namespace duress::explain::judging
