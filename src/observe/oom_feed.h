// What the kernel's log says of OOM kills, for any number of recorders in one process: each record
// is read and understood once, and each recorder goes through the lines at its own pace. It places
// no kill. Shared by its recorders; one thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "observe/kernel_log.h"
#include "observe/oom_lines.h"

namespace duress::observe {

class OomFeed final {
 public:
  // kPermission, kNotFound: there is no log to read here.
  [[nodiscard]] static Result<std::shared_ptr<OomFeed>> open(const std::string& path);
  explicit OomFeed(KernelLog log) : log_(std::move(log)) {}

  // Takes what the log has by now.
  void read();
  // A reader that begins now: where it stands.
  [[nodiscard]] std::uint64_t end() const { return first_ + lines_.size(); }
  // The line at `at`, and `at` moves on; null: there is none yet. A reader that is thousands of
  // lines late goes on with those that are still there: its cgroup counts the kills all the same.
  [[nodiscard]] const OomLine* next(std::uint64_t& at) const;
  // Records that the kernel had thrown away before they were read, since open().
  [[nodiscard]] std::int64_t missed() const { return log_.missed(); }
  // It can be read no more.
  [[nodiscard]] const std::optional<Error>& failure() const { return failure_; }
  [[nodiscard]] int fd() const { return log_.fd(); }  // readable: read()

 private:
  KernelLog log_;
  std::deque<OomLine> lines_;
  std::uint64_t first_ = 0;  // the number of lines_.front()
  std::optional<Error> failure_;
};

}  // namespace duress::observe
