// What a Screen reads and writes, as text: see screen.h.
#include <algorithm>
#include <array>
#include <utility>

#include "render/screen.h"

namespace duress::render {

namespace {

struct Sequence {
  std::string_view bytes;
  KeyKind kind;
};
constexpr std::array kSequences = {
    Sequence{"\033[A", KeyKind::kUp},      Sequence{"\033OA", KeyKind::kUp},
    Sequence{"\033[B", KeyKind::kDown},    Sequence{"\033OB", KeyKind::kDown},
    Sequence{"\033[C", KeyKind::kRight},   Sequence{"\033OC", KeyKind::kRight},
    Sequence{"\033[D", KeyKind::kLeft},    Sequence{"\033OD", KeyKind::kLeft},
    Sequence{"\033[5~", KeyKind::kPageUp}, Sequence{"\033[6~", KeyKind::kPageDown},
    Sequence{"\033[H", KeyKind::kHome},    Sequence{"\033OH", KeyKind::kHome},
    Sequence{"\033[1~", KeyKind::kHome},   Sequence{"\033[F", KeyKind::kEnd},
    Sequence{"\033OF", KeyKind::kEnd},     Sequence{"\033[4~", KeyKind::kEnd},
};

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

// Bytes of the character that begins with `first`.
std::size_t length_of(char first) {
  const auto byte = static_cast<unsigned char>(first);
  if (byte >= 0xf0U) return 4;
  if (byte >= 0xe0U) return 3;
  return byte >= 0xc0U ? 2 : 1;
}

// Where the control sequence that begins at ESC [ ends; 0: it has not ended yet.
std::size_t end_of_sequence(std::string_view typed) {
  for (std::size_t i = 2; i < typed.size(); ++i) {
    if (typed[i] >= '@' && typed[i] <= '~') return i + 1;
  }
  return 0;
}

Key take_escape(std::string& typed, bool complete) {
  for (const Sequence& sequence : kSequences) {
    if (!typed.starts_with(sequence.bytes)) continue;
    typed.erase(0, sequence.bytes.size());
    return {.kind = sequence.kind};
  }
  if (typed.size() > 1 && typed[1] == '[') {
    // A key that is not known here is passed over whole.
    const std::size_t end = end_of_sequence(typed);
    if (end > 0) {
      typed.erase(0, end);
      return take_key(typed, complete);
    }
    if (!complete) return {};
    typed.clear();
    return {};
  }
  const bool may_go_on = typed.size() == 1 || (typed.size() == 2 && typed[1] == 'O');
  if (may_go_on && !complete) return {};
  typed.erase(0, 1);
  return {.kind = KeyKind::kEscape};
}

}  // namespace

Key take_key(std::string& typed, bool complete) {
  if (typed.empty()) return {};
  const char first = typed.front();
  if (first == '\033') return take_escape(typed, complete);
  const std::size_t length = length_of(first);
  if (typed.size() < length && !complete) return {};
  std::string text = typed.substr(0, length);
  typed.erase(0, length);
  switch (first) {
    case '\r':
    case '\n':
      return {.kind = KeyKind::kEnter};
    case '\t':
      return {.kind = KeyKind::kTab};
    case '\b':
    case '\177':
      return {.kind = KeyKind::kBackspace};
    default:
      break;
  }
  if (static_cast<unsigned char>(first) < 0x20U || is_continuation(first))
    return take_key(typed, complete);
  return {.kind = KeyKind::kText, .text = std::move(text)};
}

std::string cut_line(std::string_view line, std::size_t columns) {
  std::string out;
  std::size_t seen = 0;
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == '\033') {
      const std::size_t end = std::min(line.find('m', i), line.size() - 1) + 1;
      out += line.substr(i, end - i);
      i = end;
      continue;
    }
    if (!is_continuation(line[i])) ++seen;
    if (seen <= columns) out += line[i];
    ++i;
  }
  return out;
}

std::size_t shown_width(std::string_view line) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\033') {
      i = std::min(line.find('m', i), line.size() - 1);
    } else if (!is_continuation(line[i])) {
      ++seen;
    }
  }
  return seen;
}

std::string paint(std::string_view text, Paint how, bool colour) {
  if (!colour || how == Paint::kPlain || text.empty()) return std::string(text);
  static constexpr std::array<std::string_view, 9> codes = {"",   "1",  "2",  "31", "33",
                                                            "32", "35", "36", "7"};
  return "\033[" + std::string(codes.at(static_cast<std::size_t>(how))) + "m" + std::string(text) +
         "\033[0m";
}

}  // namespace duress::render
