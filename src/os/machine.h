// What this machine is: its memory, and what the kernel has switched on. Read from /proc and /sys,
// whose roots are passed in; it changes nothing. MemoryInfo keeps its file open and is for one
// thread.
#pragma once

#include <optional>
#include <string>

#include "base/error.h"
#include "base/units.h"
#include "os/fd.h"

namespace duress::os {

// The machine's memory at one moment, as /proc/meminfo has it.
struct MemoryState {
  Bytes available{};  // MemAvailable
  Bytes anon{};       // AnonPages
  Bytes file{};       // Cached, Buffers and SwapCached: tmpfs is in it
  Bytes inactive_file{};
  Bytes swap_free{};
};

class MemoryInfo final {
 public:
  [[nodiscard]] static Result<MemoryInfo> open(const std::string& proc);
  [[nodiscard]] Bytes total() const { return total_; }
  [[nodiscard]] Bytes swap_total() const { return swap_total_; }
  [[nodiscard]] Result<Bytes> available() const;    // MemAvailable, read anew
  [[nodiscard]] Result<MemoryState> state() const;  // read anew

 private:
  explicit MemoryInfo(Fd file) : file_(std::move(file)) {}
  Fd file_;
  Bytes total_;
  Bytes swap_total_;
};

// The part of the last 10 s in which some task of the machine waited: "some avg10" of
// /proc/pressure (Documentation/accounting/psi.rst). Unset where the kernel does not tell.
struct PressureState {
  std::optional<Percent> memory{};
  std::optional<Percent> cpu{};
  std::optional<Percent> io{};
};
[[nodiscard]] PressureState pressure_state(const std::string& proc);

// The chosen word of a kernel switch such as "always [madvise] never".
[[nodiscard]] std::optional<std::string> chosen(const std::string& path);

}  // namespace duress::os
