// What the administrator lets all loads of a node take together, whatever the experiments ask for:
// memory, and how many fill at the same time. It decides whether one more may begin (reconcile.h
// asks). Plain values and pure functions; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/units.h"

namespace duress::agent {

struct Bounds {
  std::optional<Bytes> memory{};  // unset: no bound
  std::size_t fills = 0;          // 0: any number

  [[nodiscard]] bool any() const { return memory || fills > 0; }
};

// What the loads that are on take of it.
struct Taken {
  Bytes memory{};        // that they may come to hold
  bool is_whole = true;  // each of them has told how much that is
  std::size_t fills = 0;
};

// Of a load that has just begun: nothing, or what it has yet to tell.
[[nodiscard]] inline std::optional<Bytes> claim_of(bool fills) {
  return fills ? std::nullopt : std::optional(Bytes{0});
}

// Why a memory load has to wait; empty: it may begin. `asks`: what it takes, as far as it has told.
[[nodiscard]] std::string why_held_back(const Bounds& bounds, const Taken& taken,
                                        const std::optional<Bytes>& asks);

// What is left for one more load, so that all of them stay within the bound.
[[nodiscard]] std::optional<Bytes> left_of(const Bounds& bounds, const Taken& taken);

// Of a load that does not fit though nothing else were on.
[[nodiscard]] std::string never_fits(Bytes bound, Bytes asks);

}  // namespace duress::agent
