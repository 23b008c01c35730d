// Sorting that keeps the order of equals. Not std::stable_sort: that of libstdc++ 12 calls a
// function which its own headers deprecate, and clang refuses it. Pure; any thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace duress {

// `key` of an element gives what is compared, least first.
template <class Element, class Key>
void put_in_order(std::vector<Element>& elements, Key key) {
  using Value = decltype(std::invoke(key, elements.front()));
  std::vector<std::pair<std::decay_t<Value>, std::size_t>> order;
  order.reserve(elements.size());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    order.emplace_back(std::invoke(key, elements[i]), i);
  }
  if (std::ranges::is_sorted(order)) return;
  std::ranges::sort(order);
  std::vector<Element> out;
  out.reserve(elements.size());
  for (const auto& [value, i] : order) out.push_back(std::move(elements[i]));
  elements = std::move(out);
}

}  // namespace duress
