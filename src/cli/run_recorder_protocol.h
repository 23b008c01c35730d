// What the supervisor of a run says to its recorder: a byte for the kind, and a value as
// recordings have it, one message each. Both ends are this program. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>

#include "observe/record_values.h"

namespace duress::cli {

enum class Word : std::uint8_t { kPlan = 1, kEvent, kLoad, kEnd, kForetold };
inline constexpr Word kLastWord = Word::kForetold;

inline constexpr std::size_t kMostMessage = 1U << 16U;

template <class Value>
[[nodiscard]] std::string message_of(Word word, const Value& value) {
  observe::ByteWriter out;
  out.byte(static_cast<std::uint8_t>(word));
  observe::encode(value, out);
  return out.bytes();
}

}  // namespace duress::cli
