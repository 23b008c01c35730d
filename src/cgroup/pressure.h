// How long the tasks of one cgroup had to wait for memory or CPU (PSI, Documentation/accounting/
// psi.rst). The unified tree has these files, on a hybrid machine too; a v1 tree has none. Where
// PSI is off, or the target is not in the unified tree, there is no figure, which is not a zero.
// One thread at a time.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "cgroup/files.h"

namespace duress::cgroup {

// Totals since the cgroup was made: time in which some, or all, of its tasks waited.
struct Pressure {
  std::chrono::microseconds some{0};
  std::chrono::microseconds full{0};
};

[[nodiscard]] std::optional<Pressure> parse_pressure(std::string_view text);

class PressureFiles final {
 public:
  // Target::unified; "" gives no figures.
  explicit PressureFiles(std::string directory) : files_(std::move(directory)) {}
  [[nodiscard]] std::optional<Pressure> memory() const { return read("memory.pressure"); }
  [[nodiscard]] std::optional<Pressure> cpu() const { return read("cpu.pressure"); }

 private:
  [[nodiscard]] std::optional<Pressure> read(const std::string& name) const;
  Files files_;
};

}  // namespace duress::cgroup
