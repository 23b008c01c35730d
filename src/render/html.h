// HTML and inline SVG written in order: elements are closed as they were opened, and whatever came
// from outside goes through text() or an attribute, where it cannot become markup. It knows no page
// and no style. One small object that owns its text; one thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace duress::render {

// & < > " ' as references; control characters, those that turn the direction of text,
// and bytes that are not UTF-8, as U+FFFD.
[[nodiscard]] std::string escape_html(std::string_view text);

class Html final {
 public:
  // A value "" leaves the attribute out; kBare writes its name alone.
  using Attributes = std::initializer_list<std::pair<std::string_view, std::string_view>>;
  static constexpr std::string_view kBare = "\x01";

  Html& open(std::string_view tag, Attributes attributes = {});
  Html& close();  // the innermost one that is open
  Html& text(std::string_view text);
  Html& raw(std::string_view markup);  // of our own making only
  Html& leaf(std::string_view tag, Attributes attributes, std::string_view text);
  Html& empty(std::string_view tag, Attributes attributes = {});  // <br>, <path/>

  [[nodiscard]] bool all_closed() const { return open_.empty(); }
  [[nodiscard]] const std::string& written() const { return out_; }
  [[nodiscard]] std::string take() { return std::move(out_); }

 private:
  void begin(std::string_view tag, Attributes attributes);

  std::string out_;
  std::vector<std::string> open_;
};

}  // namespace duress::render
