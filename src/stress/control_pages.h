// The control pages of one load's workers: a memfd, mapped, one page a worker.
// It neither starts workers nor steers; it only gives access. Owned by the load (and mapped again
// by the warden); one thread a mapping, the fields themselves are atomics.
#pragma once

#include <cstdint>
#include <string>

#include "base/error.h"
#include "os/fd.h"
#include "stress/control_block.h"

namespace duress::stress {

class ControlPages final {
 public:
  [[nodiscard]] static Result<ControlPages> make(std::uint32_t count);
  [[nodiscard]] static Result<ControlPages> map(const os::Fd& memfd);
  ControlPages(ControlPages&& other) noexcept;
  ControlPages& operator=(ControlPages&& other) noexcept;
  ControlPages(const ControlPages&) = delete;
  ControlPages& operator=(const ControlPages&) = delete;
  ~ControlPages();

  [[nodiscard]] std::uint32_t count() const { return count_; }
  [[nodiscard]] ControlBlock& block(std::uint32_t slot) const;
  [[nodiscard]] int fd() const { return memfd_.get(); }  // -1 where it was mapped from another's

  // As it was when made: for a worker that takes the place of a dead one.
  void reset(std::uint32_t slot) const;

 private:
  ControlPages(os::Fd memfd, void* at, std::uint32_t count)
      : memfd_(std::move(memfd)), at_(at), count_(count) {}
  os::Fd memfd_;
  void* at_ = nullptr;
  std::uint32_t count_ = 0;
};

// Why a worker in state kFailed could not be set up, in words.
[[nodiscard]] std::string failure_text(const ControlBlock& block);

// After a change of orders: whoever waits on the page looks again.
void wake(ControlBlock& block);
void order_release(ControlBlock& block);

}  // namespace duress::stress
