#include "render/table.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

namespace duress::render {

namespace {

std::string padded(std::string_view text, std::size_t to, bool right) {
  const std::size_t has = width(text);
  const std::string space(to > has ? to - has : 0, ' ');
  return right ? space + std::string(text) : std::string(text) + space;
}

std::size_t terminal_columns(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

std::string cut(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U) continue;
    if (++seen > columns) return std::string(text.substr(0, i));
  }
  return std::string(text);
}

}  // namespace

std::size_t width(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count_if(
      text, [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string table(const std::vector<Column>& columns,
                  const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t c = 0; c < columns.size(); ++c) {
    std::size_t most = width(columns[c].head);
    for (const auto& row : rows) {
      if (c < row.size()) most = std::max(most, width(row[c]));
    }
    widths.push_back(most);
  }
  std::string out;
  const auto add = [&](const auto& cell) {
    std::string line;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      if (c > 0) line += "  ";
      line += padded(cell(c), widths[c], columns[c].right);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  const bool headed = std::ranges::any_of(columns, [](const Column& c) { return !c.head.empty(); });
  if (headed) add([&](std::size_t c) { return columns[c].head; });
  for (const auto& row : rows) {
    add([&](std::size_t c) { return c < row.size() ? row[c] : std::string(); });
  }
  return out;
}

LiveLine::LiveLine(std::FILE* stream) : stream_(stream), live_(::isatty(::fileno(stream)) == 1) {}

void LiveLine::show(std::string_view text) {
  if (!live_) return;
  const std::string line = cut(text, terminal_columns(stream_) - 1);
  std::fprintf(stream_, "\r%s\033[K", line.c_str());
  std::fflush(stream_);
  shown_ = true;
}

void LiveLine::clear() {
  if (!live_ || !shown_) return;
  std::fputs("\r\033[K", stream_);
  std::fflush(stream_);
  shown_ = false;
}

}  // namespace duress::render
