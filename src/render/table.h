// Text tables and the one live line of a terminal. It formats what it is given and decides nothing;
// not for JSON. Values and one small object that writes to a stream; one thread.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>
#include <vector>

namespace duress::render {

// Columns aligned, two spaces between; numbers to the right where `right` says so. The first row is
// the head.
struct Column {
  std::string head;
  bool right = false;
};
[[nodiscard]] std::string table(const std::vector<Column>& columns,
                                const std::vector<std::vector<std::string>>& rows);

// A line that is written over itself while the work lasts. Silent where the stream is no terminal.
class LiveLine final {
 public:
  explicit LiveLine(std::FILE* stream);
  void show(std::string_view text);
  void clear();
  [[nodiscard]] bool is_live() const { return live_; }

 private:
  std::FILE* stream_;
  bool live_;
  bool shown_ = false;
};

// Columns that `text` takes on a terminal, as far as UTF-8 goes (no wide characters).
[[nodiscard]] std::size_t width(std::string_view text);

}  // namespace duress::render
