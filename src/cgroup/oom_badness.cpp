#include "cgroup/oom_badness.h"

#include <algorithm>

namespace duress::cgroup {

namespace {

// PAGE_COUNTER_MAX of a 64-bit kernel, in pages.
constexpr std::int64_t kMostPages = INT64_MAX / 4096;

std::int64_t pages_within(std::int64_t pages) {
  return std::clamp<std::int64_t>(pages, 0, kMostPages);
}

}  // namespace

std::int64_t oom_pages(const OomInputs& inputs) {
  return pages_within(pages_within(inputs.resident_pages) + pages_within(inputs.swap_pages) +
                      pages_within(inputs.page_tables.value / kOomPage.value));
}

std::optional<std::int64_t> oom_badness(const OomInputs& inputs, std::int64_t total_pages) {
  if (inputs.oom_score_adj <= kOomExempt) return std::nullopt;
  const int adj = std::min(inputs.oom_score_adj, -kOomExempt);
  return oom_pages(inputs) + adj * (pages_within(total_pages) / 1000);
}

std::int64_t oom_total_pages(std::optional<Bytes> limit, Bytes swap_on_top) {
  if (!limit) return kMostPages;
  const std::int64_t pages = pages_within(limit->value / kOomPage.value);
  const std::int64_t swap = pages_within(swap_on_top.value / kOomPage.value);
  return std::max<std::int64_t>(1, std::min(kMostPages, pages + swap));
}

std::optional<std::size_t> oom_choice(std::span<const std::optional<std::int64_t>> badness) {
  std::optional<std::size_t> chosen;
  for (std::size_t i = 0; i < badness.size(); ++i) {
    if (badness[i] && (!chosen || *badness[i] >= *badness[*chosen])) chosen = i;
  }
  return chosen;
}

}  // namespace duress::cgroup
