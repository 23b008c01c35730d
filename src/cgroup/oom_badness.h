// The weight by which the kernel's OOM killer chooses (mm/oom_kill.c, oom_badness), in pages, and
// its choice among several. It reads nothing (oom_scene.h does) and foretells nothing
// (explain/forecast.h does). Pure functions of values; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "base/units.h"

namespace duress::cgroup {

inline constexpr Bytes kOomPage{4096};
inline constexpr int kOomExempt = -1000;  // OOM_SCORE_ADJ_MIN

// What counts of one process: its own memory, not what its cgroup is charged.
struct OomInputs {
  std::int64_t resident_pages = 0;  // anonymous, file and shared: shared pages count for each
  std::int64_t swap_pages = 0;
  Bytes page_tables{};
  int oom_score_adj = 0;
};

// resident + swapped + page tables, in pages.
[[nodiscard]] std::int64_t oom_pages(const OomInputs& inputs);

// oom_pages + oom_score_adj x (total_pages / 1000), the division first and in whole numbers, as the
// kernel has it: with less than 1000 pages oom_score_adj means nothing. It may be below zero (since
// 5.9). Unset: exempt.
[[nodiscard]] std::optional<std::int64_t> oom_badness(const OomInputs& inputs,
                                                      std::int64_t total_pages);

// What total_pages is in a cgroup's OOM (mm/memcontrol.c, mem_cgroup_get_max): its own limit, and
// what may be swapped on top of it. It is not the smallest limit on the way up.
[[nodiscard]] std::int64_t oom_total_pages(std::optional<Bytes> limit, Bytes swap_on_top);

// Index of the one that is taken from those in the order in which the kernel looks at them: the
// heaviest, of several the last (oom_evaluate_task). Unset: nobody can be taken.
[[nodiscard]] std::optional<std::size_t> oom_choice(
    std::span<const std::optional<std::int64_t>> badness);

}  // namespace duress::cgroup
