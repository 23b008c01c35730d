#include "cli/top_select.h"

#include <algorithm>

#include "render/overview_columns.h"

namespace duress::cli {

namespace {

using observe::Row;

constexpr std::size_t kShortestPrefix = 4;

bool is_in(std::string_view part, std::string_view whole) {
  const auto found = std::ranges::search(whole, part, [](char a, char b) {
    const auto lower = [](char c) {
      return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    };
    return lower(a) == lower(b);
  });
  return part.empty() || !found.empty();
}

bool is_container(std::string_view wanted, const Row& row) {
  // As Kubernetes writes it: containerd://<id>.
  if (const std::size_t scheme = wanted.find("://"); scheme != wanted.npos)
    wanted.remove_prefix(scheme + 3);
  if (wanted.size() >= kShortestPrefix && row.id.starts_with(wanted)) return true;
  return is_in(wanted, row.name.container);
}

bool is_pod(std::string_view wanted, const Row& row) {
  return is_in(wanted, row.name.pod) || (row.pod && is_in(wanted, row.pod->uid));
}

std::string sorted_text(const Row& row, const render::OverviewColumn& column) {
  return column.cell == nullptr ? std::string() : column.cell(row);
}

}  // namespace

bool selects(const Selection& selection, const Row& row) {
  if (!selection.container.empty() && !is_container(selection.container, row)) return false;
  if (!selection.pod.empty() && !is_pod(selection.pod, row)) return false;
  if (!selection.name_space.empty() && selection.name_space != row.name.name_space) return false;
  const std::string& text = selection.text;
  return text.empty() || is_container(text, row) || is_pod(text, row) ||
         is_in(text, row.name.name_space) || is_in(text, row.path);
}

void put_in_order(std::vector<Row>& rows, const Order& order) {
  const render::OverviewColumn* column = render::overview_column(order.key);
  if (column == nullptr) return;
  const bool by_value = column->value != nullptr;
  const auto comes_first = [&](const Row& a, const Row& b) {
    if (by_value) return column->value(a) > column->value(b);
    return sorted_text(a, *column) < sorted_text(b, *column);
  };
  std::ranges::sort(rows, [&](const Row& a, const Row& b) {
    if (comes_first(a, b)) return !order.reversed;
    if (comes_first(b, a)) return order.reversed;
    return std::pair(a.title(), a.path) < std::pair(b.title(), b.path);
  });
}

std::string next_order(std::string_view key, const std::vector<std::string>& shown) {
  if (shown.empty()) return std::string(key);
  auto found = std::ranges::find(shown, key);
  if (found != shown.end()) ++found;
  if (found == shown.end()) return shown.front();
  // The gauge is the percent in another form.
  return *found == "gauge" ? next_order("gauge", shown) : *found;
}

}  // namespace duress::cli
