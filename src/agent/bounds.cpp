#include "agent/bounds.h"

#include <algorithm>

#include "base/text.h"

namespace duress::agent {

namespace {

std::string allowed(Bytes bound) {
  return "the administrator allows " + format_bytes(bound) + " of stress on this node; ";
}

}  // namespace

std::optional<Bytes> left_of(const Bounds& bounds, const Taken& taken) {
  if (!bounds.memory) return std::nullopt;
  return std::max(Bytes{0}, *bounds.memory - taken.memory);
}

std::string why_held_back(const Bounds& bounds, const Taken& taken,
                          const std::optional<Bytes>& asks) {
  if (bounds.fills > 0 && taken.fills >= bounds.fills) {
    return "waits: " + std::to_string(taken.fills) +
           (taken.fills == 1 ? " fill runs" : " fills run") +
           " on this node, the administrator allows " + std::to_string(bounds.fills) + " at a time";
  }
  const std::optional<Bytes> left = left_of(bounds, taken);
  if (!left) return "";
  // Two at once could each be given all that is left.
  if (!taken.is_whole) return "waits: the load before it has yet to tell how much memory it takes";
  if (asks ? *asks <= *left : left->value > 0) return "";
  return "waits: " + allowed(*bounds.memory) + format_bytes(taken.memory) + " are held by others" +
         (asks ? ", this asks for " + format_bytes(*asks) : std::string());
}

std::string never_fits(Bytes bound, Bytes asks) {
  return allowed(bound) + "this asks for " + format_bytes(asks) + ": ask for less";
}

}  // namespace duress::agent
