#include "cli/shell_words.h"

#include "base/text.h"

namespace duress::cli {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n'; }

class Splitter {
 public:
  explicit Splitter(std::string_view text) : text_(text) {}

  Result<std::vector<std::string>> split() {
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      if (quote_ == 0 && is_blank(c)) {
        end_word();
      } else if (c == '\\' && quote_ != '\'') {
        if (!take_escaped()) return wrong("ends with a backslash");
      } else if (quote_ == 0 && (c == '\'' || c == '"')) {
        quote_ = c;
        open_ = true;  // '' is a word
      } else if (c == quote_) {
        quote_ = 0;
      } else {
        take(c);
      }
    }
    if (quote_ != 0) return wrong(std::string("has a ") + quote_ + " that is not closed");
    end_word();
    if (words_.empty() || words_[0].empty()) return wrong("has no program to run");
    return std::move(words_);
  }

 private:
  void take(char c) {
    word_ += c;
    open_ = true;
  }

  // Between double quotes a backslash is one unless something follows that it guards.
  bool take_escaped() {
    if (at_ + 1 == text_.size()) return false;
    const char next = text_[++at_];
    if (quote_ == '"' && next != '"' && next != '\\' && next != '$' && next != '`') take('\\');
    take(next);
    return true;
  }

  void end_word() {
    if (open_) words_.push_back(std::move(word_));
    word_.clear();
    open_ = false;
  }

  Failure wrong(const std::string& what) const {
    return fail(Code::kUsage, quoted(text_) + " " + what);
  }

  std::string_view text_;
  std::size_t at_ = 0;
  char quote_ = 0;
  bool open_ = false;
  std::string word_;
  std::vector<std::string> words_;
};

}  // namespace

Result<std::vector<std::string>> shell_words(std::string_view text) {
  return Splitter(text).split();
}

}  // namespace duress::cli
