// The control law of a memory load: how much the load should be charged now, and how that is split
// into what each worker holds. It reads no file and no clock and knows nothing of processes. A
// value of the load; one thread.
#pragma once

#include <optional>
#include <vector>

#include "base/clock.h"
#include "base/units.h"
#include "spec/load.h"

namespace duress::stress {

struct Measured {
  Instant now{};
  Bytes metric{};               // what reach steers, the load included; else 0
  Bytes charged{};              // what the load is charged now, page tables included
  std::optional<Bytes> room{};  // to the nearest limit; unset where there is none
  bool alarmed = false;         // the kernel says that the limit is met, or about to be
};

class MemorySteering final {
 public:
  struct Options {
    spec::Mode mode = spec::Mode::kAdd;
    Bytes size{};                 // to add, or the level to reach
    Bytes keep_free{};            // below the nearest limit; 0: as much as there is
    std::optional<Bytes> most{};  // never more, whatever the size becomes
    Duration ramp{0};
    Instant start{};
  };
  explicit MemorySteering(const Options& options) : options_(options) {}

  // What the load should be charged now.
  [[nodiscard]] Bytes want(const Measured& measured);
  // What was asked for at `now`, before any limit: the ramp's value.
  [[nodiscard]] Bytes asked(Instant now) const;
  void resize(Bytes size) { options_.size = size; }  // the limit moved, or the spec
  // The load holds less than it was asked to, to keep what is free.
  [[nodiscard]] bool yielding() const { return yielding_; }
  // It holds less because it may not hold more.
  [[nodiscard]] bool capped() const { return capped_; }

 private:
  [[nodiscard]] Bytes below_limit(const Measured& measured, Bytes wanted);

  Options options_;
  Bytes last_want_;
  std::optional<Bytes> last_room_;
  std::optional<Instant> gave_way_;
  bool yielding_ = false;
  bool capped_ = false;
};

// What a worker's page tables cost: a page for each 2 MiB touched, and two above them (x86-64, 4
// levels).
[[nodiscard]] Bytes page_tables(Bytes touched);

// Most bytes, in whole pages, that a worker can hold so that they and the page tables charged to
// the target stay within `charge`. `apart` bytes of them have page tables that the target was not
// charged for.
[[nodiscard]] Bytes holdable(Bytes charge, Bytes apart);

inline constexpr Bytes kPageSize{4096};
// With a shared address space, and with a second thread, no closer to a limit than this
// (docs/decisions): there the kernel would kill the application.
inline constexpr Bytes kApartDistance = mib(48);

}  // namespace duress::stress
