// The kernel's log from now on, record by record (/dev/kmsg, Documentation/ABI/testing/dev-kmsg).
// It never waits, and a reader that was too slow is told how much it has missed. What the records
// mean is oom_lines.h's. Owned by one recorder; one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "os/fd.h"

namespace duress::observe {

// "6,339,5140900,-;text": escapes undone, the dictionary behind it left out.
struct KernelRecord {
  std::uint64_t sequence = 0;
  std::string text{};
};
[[nodiscard]] std::optional<KernelRecord> parse_kernel_record(std::string_view bytes);

class KernelLog final {
 public:
  // kPermission, kNotFound: there is none to read here.
  [[nodiscard]] static Result<KernelLog> open(const std::string& path = "/dev/kmsg");

  // Unset: nothing more for now.
  [[nodiscard]] Result<std::optional<KernelRecord>> next();
  // Records that the kernel had thrown away before they were read.
  [[nodiscard]] std::int64_t missed() const { return missed_; }
  [[nodiscard]] int fd() const { return fd_.get(); }  // readable: next()

 private:
  explicit KernelLog(os::Fd fd) : fd_(std::move(fd)) {}
  os::Fd fd_;
  std::optional<std::uint64_t> last_;
  std::int64_t missed_ = 0;
};

}  // namespace duress::observe
