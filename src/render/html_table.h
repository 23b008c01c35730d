// One table of a page: caption, head and rows, closed when it ends. It holds no data. Used in a
// block of its own, while nothing else writes to the same page; one thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "render/html.h"

namespace duress::render {

enum class Cell { kText, kNumber, kTime };  // numbers stand to the right; times are not broken

struct HtmlColumn {
  std::string head;
  Cell cell = Cell::kText;
};

class HtmlTable final {
 public:
  struct About {
    std::string caption;
    std::string id;
  };
  HtmlTable(Html& html, const About& about, std::vector<HtmlColumn> columns);
  ~HtmlTable();
  HtmlTable(const HtmlTable&) = delete;
  HtmlTable& operator=(const HtmlTable&) = delete;

  // The first cell is the row's head. `sign` is markup of ours, before the second.
  void row(const std::vector<std::string>& cells, const std::string& sign = {});

 private:
  Html& html_;
  std::vector<HtmlColumn> columns_;
};

// A section whose heading folds it away, with the number of its rows: two elements, left open.
struct Fold {
  int heading = 2;
  std::string_view title;
  std::size_t count = 0;
  bool open = true;
};
void open_fold(Html& html, const Fold& fold);
// <section><h2>title</h2>, left open.
void open_section(Html& html, int heading, std::string_view title);

}  // namespace duress::render
