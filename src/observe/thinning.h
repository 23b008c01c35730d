// Keeps a course of any length in bounded memory: the first look, the last, and of every stretch of
// time one look, the one of highest and the one of lowest usage. Stretches are of equal length and
// grow by doubling, so what is kept is even. Owned by whoever reads; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "observe/recording.h"

namespace duress::observe {

class Thinning final {
 public:
  explicit Thinning(std::size_t most_stretches = kMostStretches)
      : most_stretches_(most_stretches) {}
  void add(const Look& look);
  [[nodiscard]] std::int64_t added() const { return added_; }
  [[nodiscard]] std::optional<Duration> last_at() const;
  // What is kept, in order; empties it.
  [[nodiscard]] std::vector<Look> take();

  // Of three looks each: 40 minutes at 10 Hz whole, and never more than 10 MB.
  static constexpr std::size_t kMostStretches = 12'000;

 private:
  struct Stretch {
    Look first{};
    std::optional<Look> highest{};  // unset: it is the first
    std::optional<Look> lowest{};
    void consider(const Look& look);
    void join(const Stretch& later);
  };
  void halve();

  std::size_t most_stretches_;
  std::int64_t added_ = 0;
  std::int64_t looks_each_ = 1;  // of a stretch
  std::int64_t in_last_ = 1;     // looks in the last stretch so far
  std::vector<Stretch> stretches_;
  std::optional<Look> last_;
};

}  // namespace duress::observe
