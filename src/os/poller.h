// Waits for descriptors with a deadline of nanoseconds: epoll with a number for each descriptor.
// It owns none of the descriptors and calls nothing back; the loop that uses it decides. One
// thread.
#pragma once

#include <sys/epoll.h>

#include <chrono>
#include <cstdint>
#include <vector>

#include "base/error.h"
#include "os/fd.h"

namespace duress::os {

struct Ready {
  std::uint64_t tag;
  std::uint32_t events;
};

class Poller final {
 public:
  [[nodiscard]] static Result<Poller> make();
  [[nodiscard]] Result<> add(int fd, std::uint64_t tag, std::uint32_t events = EPOLLIN);
  void remove(int fd);
  // Readable where one of them is ready: a loop can be part of another one.
  [[nodiscard]] int fd() const { return fd_.get(); }
  // Empty: the time is over, or a signal came. A negative time is none.
  [[nodiscard]] Result<std::vector<Ready>> wait(std::chrono::nanoseconds most);

 private:
  explicit Poller(Fd fd) : fd_(std::move(fd)) {}
  Fd fd_;
};

// One descriptor, without a poller: whether it is readable within the time.
[[nodiscard]] bool wait_readable(const Fd& fd, std::chrono::milliseconds most);

// Blocks the signals for this process and hands them out by descriptor.
[[nodiscard]] Result<Fd> signal_fd(std::initializer_list<int> signals);
// The next one, 0 if there is none.
[[nodiscard]] int next_signal(const Fd& fd);

}  // namespace duress::os
