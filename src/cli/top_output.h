// How `duress top` tells what was seen: as text for a given width, as JSON, and what each column
// means. Pure; any thread.
#pragma once

#include <string>
#include <vector>

#include "cgroup/target.h"
#include "cli/top_select.h"
#include "observe/overview.h"
#include "render/overview_table.h"

namespace duress::cli {

// One object on one line, or indented; see docs/json.md.
[[nodiscard]] std::string top_json(const observe::Overview& overview,
                                   const cgroup::Hierarchy& hierarchy, double seconds,
                                   bool one_line);

// Every column: what it means, and the file that it comes from on v1 and on v2.
[[nodiscard]] std::string top_explanation();

// Why nothing is shown, and what to do: whether the machine has none, or none is selected.
[[nodiscard]] std::string nothing_to_show(const Selection& selection, bool any_container);

// What the user did with keys so far.
struct TopView {
  Order order;
  Selection selection;
  std::vector<std::string> columns;
  std::size_t scroll = 0;
  bool typing = false;  // a filter
  bool explaining = false;
  bool helping = false;
};

// The whole screen. `overview` is what is selected, in order; `all`: how many there are.
struct TopFrame {
  int columns = 80;
  int rows = 24;
  render::TableLook look;
  std::string clock;    // "14:03:07"
  std::string version;  // "v1, hybrid"
  std::string interval;
  std::size_t all = 0;
};
[[nodiscard]] std::vector<std::string> top_screen(const observe::Overview& overview,
                                                  const TopView& view, const TopFrame& frame);

}  // namespace duress::cli
