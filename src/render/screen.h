// A view that fills the terminal and is drawn anew as often as wanted, with keys: for live tables.
// Without a terminal (or with TERM=dumb) it prints plain lines instead and knows no keys. It knows
// nothing of what it shows, and uses a handful of ANSI sequences, no library. The terminal is put
// back when the object goes, at exit() and at every signal that ends the process. One object at a
// time, one thread.
#pragma once

#include <chrono>
#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace duress::render {

enum class KeyKind {
  kNone,  // the time is over
  kText,  // `text` is one character as typed
  kEnter,
  kEscape,
  kBackspace,
  kTab,
  kUp,
  kDown,
  kLeft,
  kRight,
  kPageUp,
  kPageDown,
  kHome,
  kEnd,
  kResized,  // draw again
  kWake,     // the other descriptor is readable
  kClosed    // the terminal is gone
};
struct Key {
  KeyKind kind = KeyKind::kNone;
  std::string text{};

  [[nodiscard]] bool is(std::string_view wanted) const {
    return kind == KeyKind::kText && text == wanted;
  }
};
// The first whole key of `typed`, which it takes off; kNone: more is needed. `complete`: no more
// comes, so that a lone Esc is Esc.
[[nodiscard]] Key take_key(std::string& typed, bool complete);

struct ScreenSize {
  int columns = 80;
  int rows = 24;
};

class Screen final {
 public:
  // `live` false forces plain lines.
  explicit Screen(std::FILE* out, bool live = true);
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;
  ~Screen() { close(); }

  [[nodiscard]] bool is_live() const { return live_; }
  [[nodiscard]] bool has_colour() const { return colour_; }  // a terminal, and NO_COLOR is not set
  [[nodiscard]] bool has_utf8() const { return utf8_; }      // by the locale's variables
  // Of the terminal now; 80 x 24 where it tells none. A plain view has COLUMNS, or 80.
  [[nodiscard]] ScreenSize size() const;

  // Lines without "\n"; they may hold paint()'s sequences. Live: cut to the screen, from its top.
  // Plain: printed as they are. False: nobody reads any more.
  [[nodiscard]] bool draw(const std::vector<std::string>& lines);

  // Waits for a key, and for `other` (a descriptor, e.g. of signals) to be readable.
  [[nodiscard]] Key next_key(std::chrono::milliseconds most, int other = -1);

  // Puts the terminal back; what was drawn is gone from it.
  void close();

 private:
  void enter();
  std::FILE* out_;
  bool live_ = false;
  bool colour_ = false;
  bool utf8_ = false;
  bool keys_ = false;
  std::string typed_;
};

// The first `columns` columns of a line that may hold SGR sequences, which take none; they are all
// kept, so that a colour always ends.
[[nodiscard]] std::string cut_line(std::string_view line, std::size_t columns);

// Columns that such a line takes.
[[nodiscard]] std::size_t shown_width(std::string_view line);

enum class Paint { kPlain, kBold, kDim, kRed, kYellow, kGreen, kMagenta, kCyan, kReverse };
// As it is where `colour` is false.
[[nodiscard]] std::string paint(std::string_view text, Paint how, bool colour);

}  // namespace duress::render
