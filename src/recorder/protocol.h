// What the supervisor of a load says to the recorder of it, and what it answers: a byte for the
// kind, and values as recordings have them, one message each over a channel of SOCK_SEQPACKET. Both
// ends are this program. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "observe/record_values.h"
#include "observe/recorder.h"

namespace duress::recorder {

enum class Word : std::uint8_t {
  kBegin = 1,  // beside it: the file, and a pidfd of the supervisor; it is answered
  kPlan,
  kEvent,
  kLoad,
  kForetold,
  kEnd,  // answered, once the file is closed
};
inline constexpr Word kLastWord = Word::kEnd;

inline constexpr std::size_t kMostMessage = 1U << 16U;

template <class Value>
[[nodiscard]] std::string message_of(Word word, const Value& value) {
  observe::ByteWriter out;
  out.byte(static_cast<std::uint8_t>(word));
  observe::encode(value, out);
  return out.bytes();
}
[[nodiscard]] std::string load_message(Bytes asked, Bytes held);

// What is to be recorded where. Of the setting neither roots nor the log go along: they are the
// recorder's own. A command line of many words is cut short.
struct Begin {
  observe::RecorderSetting setting{};
  std::string cgroup{};
};
[[nodiscard]] std::string begin_message(const Begin& begin);
[[nodiscard]] std::optional<Begin> decode_begin(std::string_view message);

// "": it was done; else why not.
[[nodiscard]] std::string answer_message(const std::string& problem);
[[nodiscard]] std::string decode_answer(std::string_view message);

}  // namespace duress::recorder
