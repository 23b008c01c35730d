#include "render/html_table.h"

#include <utility>

namespace duress::render {

namespace {

std::string_view class_of(Cell cell) {
  switch (cell) {
    case Cell::kText:
      return "";
    case Cell::kNumber:
      return "number";
    case Cell::kTime:
      return "time";
  }
  return "";
}

}  // namespace

HtmlTable::HtmlTable(Html& html, const About& about, std::vector<HtmlColumn> columns)
    : html_(html), columns_(std::move(columns)) {
  html_.open("div", {{"class", "scroll"}, {"role", "region"}, {"aria-labelledby", about.id}})
      .open("table")
      .leaf("caption", {{"id", about.id}}, about.caption)
      .open("thead")
      .open("tr");
  for (const HtmlColumn& column : columns_) {
    html_.leaf("th", {{"scope", "col"}, {"class", class_of(column.cell)}}, column.head);
  }
  html_.close().close().open("tbody");
}

HtmlTable::~HtmlTable() { html_.close().close().close(); }

void HtmlTable::row(const std::vector<std::string>& cells, const std::string& sign) {
  html_.open("tr");
  for (std::size_t i = 0; i < cells.size() && i < columns_.size(); ++i) {
    if (i == 0) {
      html_.open("th", {{"scope", "row"}, {"class", class_of(columns_[i].cell)}})
          .leaf("bdi", {}, cells[i])
          .close();
    } else if (columns_[i].cell == Cell::kNumber) {
      html_.leaf("td", {{"class", "number"}}, cells[i]);
    } else {
      const bool signed_cell = i == 1 && !sign.empty();
      html_.open("td", {{"class", signed_cell ? "signed" : ""}})
          .raw(signed_cell ? sign : std::string())
          .leaf("bdi", {}, cells[i])
          .close();
    }
  }
  html_.close();
}

void open_fold(Html& html, const Fold& fold) {
  const std::string level = "h" + std::to_string(fold.heading);
  html.open("section")
      .open("details", {{"class", "fold"}, {"open", fold.open ? Html::kBare : ""}})
      .open("summary")
      .open(level)
      .text(fold.title)
      .raw(" ")
      .leaf("span", {{"class", "count"}}, std::to_string(fold.count))
      .close()
      .close();
}

void open_section(Html& html, int heading, std::string_view title) {
  html.open("section").leaf("h" + std::to_string(heading), {}, title);
}

}  // namespace duress::render
