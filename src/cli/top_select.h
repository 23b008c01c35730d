// Which containers are shown and in which order: pure functions of what was seen and what the user
// asked for. Any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "observe/overview.h"

namespace duress::cli {

// Empty: all of them. Several are held together by "and".
struct Selection {
  std::string container{};   // a part of the name, or the beginning of the ID
  std::string pod{};         // a part of the Pod's name, or of its UID
  std::string name_space{};  // the whole of it
  std::string text{};        // a part of any of these or of the path

  [[nodiscard]] bool names_any() const {
    return !container.empty() || !pod.empty() || !name_space.empty();
  }
};
[[nodiscard]] bool selects(const Selection& selection, const observe::Row& row);

// Figures from the highest, texts from A; `reversed` turns that around. Rows that are equal, or
// without a figure, stand by name.
struct Order {
  std::string key = "percent";  // of a column
  bool reversed = false;
};
void put_in_order(std::vector<observe::Row>& rows, const Order& order);

// The next column that can be sorted by, for the key s; `shown` are the keys of the columns.
[[nodiscard]] std::string next_order(std::string_view key, const std::vector<std::string>& shown);

}  // namespace duress::cli
