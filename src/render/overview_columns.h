// The columns of the table of containers: what each is called, how it is written and what it is
// sorted by. One list for the table, for --sort, for --columns and for --explain. It lays nothing
// out (overview_table.h) and names no file of the kernel (cli/top_explain.cpp). Pure; any thread.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "observe/overview.h"
#include "render/screen.h"

namespace duress::render {

enum class Shown {
  kAlways,
  kWithPods,     // where a container belongs to a Pod
  kWithLoad,     // while Duress stresses one of them
  kWithoutLoad,  // else
};

struct OverviewColumn {
  std::string_view key;   // as --sort and --columns take it
  std::string_view head;  // as it stands over the column
  std::size_t least;      // columns of the terminal that it takes at the least
  std::size_t soft;       // that it should have; longer texts are cut
  int rank;               // the smaller, the narrower the terminal that still shows it
  Shown shown;
  bool right;                                // numbers stand to the right and are never cut
  std::string (*cell)(const observe::Row&);  // null: the gauge, which is drawn
  double (*value)(const observe::Row&);      // null: sorted by the text
  Paint (*paint)(const observe::Row&);       // null: plain
  std::string_view meaning;                  // for people: the formula, a sentence
};

// In the order in which they stand, from left to right.
[[nodiscard]] std::span<const OverviewColumn> overview_columns();
// Null for a key that is none.
[[nodiscard]] const OverviewColumn* overview_column(std::string_view key);

// "88.5Mi", "1.2Gi", "640Ki": six columns at the most, as Kubernetes writes quantities.
[[nodiscard]] std::string short_bytes(Bytes bytes);
// "0.4%", "18%", "100%".
[[nodiscard]] std::string short_percent(Percent percent);
// "0.52", "12.5".
[[nodiscard]] std::string short_cores(Cores cores);

}  // namespace duress::render
