// The table of containers at a given width: which columns fit, how wide each is, the gauge, and the
// line that says what `free` and `top` would have said. It neither sorts nor filters (cli does) and
// writes nowhere. Pure; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "observe/overview.h"
#include "render/overview_columns.h"

namespace duress::render {

struct TableLook {
  std::size_t width = 80;
  bool colour = false;
  bool utf8 = true;
  bool with_load = false;              // Overview::has_load()
  std::vector<std::string> columns{};  // keys; empty: what fits, by rank
  std::string_view sorted_by{};        // its head is marked
};

// The head, then a line a row. No line is wider than `width`; numbers are never cut, long names
// are.
[[nodiscard]] std::vector<std::string> overview_lines(const std::vector<observe::Row>& rows,
                                                      const TableLook& look);

// Which columns are shown, from left to right.
[[nodiscard]] std::vector<const OverviewColumn*> columns_that_fit(
    const std::vector<observe::Row>& rows, const TableLook& look);

// Usage to the limit in `width` columns: application, Duress's, cache; what is free after them.
[[nodiscard]] std::string gauge(const observe::Row& row, std::size_t width, const TableLook& look);

// What the signs of the gauge are.
[[nodiscard]] std::string gauge_legend(const TableLook& look);

// What `free` and `top` say of this machine, and why a container's figures are others.
[[nodiscard]] std::string machine_line(const observe::Overview& overview, std::size_t columns);

}  // namespace duress::render
