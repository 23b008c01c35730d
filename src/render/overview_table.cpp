#include "render/overview_table.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/text.h"
#include "render/table.h"

namespace duress::render {

namespace {

using observe::Row;

constexpr std::size_t kWidestName = 40;
constexpr std::size_t kWidestGauge = 24;

struct Signs {
  std::string_view application, duress, cache, room, cut;
};
constexpr Signs kUtf8 = {"█", "▓", "░", "·", "…"};
constexpr Signs kAscii = {"#", "D", "c", ".", "~"};

const Signs& signs_of(const TableLook& look) { return look.utf8 ? kUtf8 : kAscii; }

std::string repeated(std::string_view sign, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += sign;
  return out;
}

bool is_shown(const OverviewColumn& column, const std::vector<Row>& rows, bool with_load) {
  switch (column.shown) {
    case Shown::kAlways:
      return true;
    case Shown::kWithPods:
      return std::ranges::any_of(rows,
                                 [](const Row& row) { return row.pod || !row.name.pod.empty(); });
    case Shown::kWithLoad:
      return with_load;
    case Shown::kWithoutLoad:
      return !with_load;
  }
  return false;
}

// What the longest text of the column takes.
std::size_t need_of(const OverviewColumn& column, const std::vector<Row>& rows) {
  std::size_t need = std::max(column.least, width(column.head));
  if (column.cell == nullptr) return need;
  for (const Row& row : rows) need = std::max(need, width(column.cell(row)));
  return column.right ? need : std::min(need, kWidestName);
}

struct Laid {
  const OverviewColumn* column;
  std::size_t need;
  std::size_t wide;
};

// Texts may be cut to `soft`; numbers have what they need.
std::size_t modest(const OverviewColumn& column, std::size_t need) {
  return column.right ? need : std::min(need, column.soft);
}

std::vector<Laid> chosen_by_name(const std::vector<Row>& rows, const TableLook& look) {
  std::vector<Laid> out;
  for (const std::string& key : look.columns) {
    const OverviewColumn* column = overview_column(key);
    if (column == nullptr) continue;
    const std::size_t need = need_of(*column, rows);
    out.push_back({column, need, modest(*column, need)});
  }
  return out;
}

std::vector<Laid> chosen_by_rank(const std::vector<Row>& rows, const TableLook& look) {
  std::vector<Laid> out;
  for (const OverviewColumn& column : overview_columns()) {
    if (!is_shown(column, rows, look.with_load)) continue;
    const std::size_t need = need_of(column, rows);
    out.push_back({&column, need, modest(column, need)});
  }
  return out;
}

std::size_t total(const std::vector<Laid>& laid, std::size_t gap) {
  std::size_t sum = laid.empty() ? 0 : gap * (laid.size() - 1);
  for (const Laid& one : laid) sum += one.wide;
  return sum;
}

// What does not fit goes, the least essential first; of those that were chosen by name, the last.
void drop_what_does_not_fit(std::vector<Laid>& laid, const TableLook& look) {
  const auto less_essential = [](const Laid& a, const Laid& b) {
    return a.column->rank < b.column->rank;
  };
  while (laid.size() > 1 && total(laid, 1) > look.width) {
    laid.erase(look.columns.empty() ? std::ranges::max_element(laid, less_essential)
                                    : laid.end() - 1);
  }
  if (laid.size() == 1) laid[0].wide = std::min(laid[0].wide, look.width);
}

// Room that is left: first for names that would be cut, then between the columns, then the gauge.
std::size_t share_the_rest(std::vector<Laid>& laid, const TableLook& look) {
  std::size_t left = look.width - std::min(total(laid, 1), look.width);
  for (Laid& one : laid) {
    const std::size_t more = std::min(left, one.need - std::min(one.need, one.wide));
    one.wide += more;
    left -= more;
  }
  std::size_t gap = 1;
  if (left + 1 >= laid.size()) {
    gap = 2;
    left -= laid.size() - 1;
  }
  for (Laid& one : laid) {
    if (one.column->cell != nullptr) continue;
    one.wide += std::min(left, kWidestGauge - std::min(one.wide, kWidestGauge));
  }
  return gap;
}

std::vector<Laid> lay_out(const std::vector<Row>& rows, const TableLook& look, std::size_t* gap) {
  std::vector<Laid> laid =
      look.columns.empty() ? chosen_by_rank(rows, look) : chosen_by_name(rows, look);
  drop_what_does_not_fit(laid, look);
  *gap = share_the_rest(laid, look);
  return laid;
}

std::string fitted(const std::string& text, const Laid& laid, const TableLook& look) {
  const std::size_t has = width(text);
  if (has > laid.wide)
    return cut_line(text, laid.wide - std::min<std::size_t>(laid.wide, 1)) +
           std::string(signs_of(look).cut);
  const std::string space(laid.wide - has, ' ');
  return laid.column->right ? space + text : text + space;
}

std::string line_of(const Row& row, const std::vector<Laid>& laid, std::size_t gap,
                    const TableLook& look) {
  std::string out;
  for (const Laid& one : laid) {
    if (!out.empty()) out.append(gap, ' ');
    if (one.column->cell == nullptr) {
      out += gauge(row, one.wide, look);
      continue;
    }
    const Paint how = one.column->paint == nullptr ? Paint::kPlain : one.column->paint(row);
    out += paint(fitted(one.column->cell(row), one, look), how, look.colour);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

std::string head_of(const std::vector<Laid>& laid, std::size_t gap, const TableLook& look) {
  std::string out;
  for (const Laid& one : laid) {
    if (!out.empty()) out.append(gap, ' ');
    const bool sorted = one.column->key == look.sorted_by;
    out += paint(fitted(std::string(one.column->head), one, look),
                 sorted ? Paint::kReverse : Paint::kBold, look.colour);
  }
  out.erase(out.find_last_not_of(' ') + 1);
  return out;
}

// Cgroups within one another are counted once.
Bytes charged(const std::vector<Row>& rows, Bytes (*part)(const Row&)) {
  Bytes sum;
  for (const Row& row : rows) {
    const bool is_within = std::ranges::any_of(rows, [&row](const Row& other) {
      return row.path.size() > other.path.size() && row.path[other.path.size()] == '/' &&
             row.path.starts_with(other.path);
    });
    if (!is_within) sum += part(row);
  }
  return sum;
}

}  // namespace

std::vector<const OverviewColumn*> columns_that_fit(const std::vector<Row>& rows,
                                                    const TableLook& look) {
  std::size_t gap = 0;
  std::vector<const OverviewColumn*> out;
  for (const Laid& one : lay_out(rows, look, &gap)) out.push_back(one.column);
  return out;
}

std::vector<std::string> overview_lines(const std::vector<Row>& rows, const TableLook& look) {
  std::size_t gap = 0;
  const std::vector<Laid> laid = lay_out(rows, look, &gap);
  std::vector<std::string> out = {head_of(laid, gap, look)};
  out.reserve(rows.size() + 1);
  for (const Row& row : rows) out.push_back(line_of(row, laid, gap, look));
  return out;
}

std::string gauge(const Row& row, std::size_t width, const TableLook& look) {
  const Signs& signs = signs_of(look);
  const double limit = static_cast<double>(std::max(row.limit, Bytes{1}).value);
  // Rounded at the ends of the parts, so that together they are as long as the usage.
  const auto end_of = [&](Bytes until) {
    const double at = static_cast<double>(until.value) / limit * static_cast<double>(width);
    return std::min(width, static_cast<std::size_t>(std::lround(std::max(at, 0.0))));
  };
  const Bytes application = row.application();
  const std::size_t one = end_of(application);
  std::size_t two = end_of(application + row.workers.resident);
  // A load is seen, however small it is.
  if (row.workers.resident.value > 0 && two == one && two < width) ++two;
  const std::size_t three = std::max(two, end_of(row.memory.usage));
  return paint(repeated(signs.application, one), Paint::kGreen, look.colour) +
         paint(repeated(signs.duress, two - one), Paint::kMagenta, look.colour) +
         paint(repeated(signs.cache, three - two), Paint::kCyan, look.colour) +
         paint(repeated(signs.room, width - three), Paint::kDim, look.colour);
}

std::string gauge_legend(const TableLook& look) {
  const Signs& signs = signs_of(look);
  std::string out = paint(signs.application, Paint::kGreen, look.colour) + " application  ";
  if (look.with_load) out += paint(signs.duress, Paint::kMagenta, look.colour) + " Duress  ";
  return out + paint(signs.cache, Paint::kCyan, look.colour) + " file cache";
}

std::string machine_line(const observe::Overview& overview, std::size_t columns) {
  const std::string used = format_bytes(overview.node_used());
  const std::string total = format_bytes(overview.node_total);
  const std::string all =
      format_bytes(charged(overview.rows, [](const Row& row) { return row.memory.usage; }));
  const std::string cache =
      format_bytes(charged(overview.rows, [](const Row& row) { return row.cache(); }));
  const std::string count = std::to_string(overview.rows.size());
  const std::array<std::string, 4> lines = {
      "free and top say here: " + used + " of " + total +
          " used: the whole machine, from inside a container too, and without file cache. The " +
          count + " shown are charged " + all + ", " + cache + " of that file cache.",
      "free and top: " + used + " of " + total + " used, whole machine, no cache; shown: " + all +
          ", " + cache + " of it cache",
      "free, top: " + used + " of " + total + " used, by the whole machine; shown here: " + all,
      "free: " + used + " used, the machine's"};
  const auto* const fits =
      std::ranges::find_if(lines, [&](const std::string& line) { return width(line) <= columns; });
  return fits == lines.end() ? cut_line(lines.back(), columns) : *fits;
}

}  // namespace duress::render
