#include "render/wrap.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>

#include "render/table.h"

namespace duress::render {

namespace {

constexpr std::size_t kDefaultColumns = 80;

// Bytes of the first `columns` characters.
std::size_t bytes_of(std::string_view text, std::size_t columns) {
  std::size_t seen = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if ((static_cast<unsigned char>(text[i]) & 0xc0U) == 0x80U) continue;
    if (seen++ == columns) return i;
  }
  return text.size();
}

class Lines final {
 public:
  explicit Lines(std::size_t columns) : columns_(columns) {}

  void add(std::string_view word) {
    const std::size_t has = width(line_);
    if (has > 0 && has + 1 + width(word) > columns_) end_line();
    while (width(word) > columns_) {
      const std::size_t part = bytes_of(word, columns_);
      line_ = word.substr(0, part);
      end_line();
      word.remove_prefix(part);
    }
    if (!line_.empty() && !word.empty()) line_ += ' ';
    line_ += word;
  }
  [[nodiscard]] std::vector<std::string> take() {
    if (!line_.empty() || out_.empty()) end_line();
    return std::move(out_);
  }

 private:
  void end_line() {
    out_.push_back(std::move(line_));
    line_.clear();
  }

  std::size_t columns_;
  std::string line_;
  std::vector<std::string> out_;
};

}  // namespace

std::vector<std::string> wrapped(std::string_view text, std::size_t columns) {
  Lines lines(std::max<std::size_t>(columns, 1));
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of(" \n"), text.size());
    if (end > 0) lines.add(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines.take();
}

std::string paragraph(std::string_view first, std::string_view text, std::size_t columns) {
  const std::size_t indent = width(first);
  std::string out;
  for (const std::string& line : wrapped(text, columns > indent ? columns - indent : 1)) {
    out += (out.empty() ? std::string(first) : std::string(indent, ' ')) + line + "\n";
  }
  return out;
}

std::size_t columns_of(std::FILE* stream) {
  winsize size{};
  if (::ioctl(::fileno(stream), TIOCGWINSZ, &size) < 0 || size.ws_col == 0) return kDefaultColumns;
  return size.ws_col;
}

}  // namespace duress::render
