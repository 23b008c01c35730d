#include "os/poller.h"

#include <poll.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <ctime>

namespace duress::os {

namespace {

int wait_ns(int fd, epoll_event* events, int most, std::chrono::nanoseconds time) {
  const auto ns = time.count();
  const timespec t{static_cast<time_t>(ns / 1'000'000'000), static_cast<long>(ns % 1'000'000'000)};
  const long got = ::syscall(SYS_epoll_pwait2, fd, events, most, &t, nullptr, 8UL);
  if (got >= 0 || errno != ENOSYS) return static_cast<int>(got);
  // Before 5.11: whole milliseconds, rounded up so that a short wait is not a spin.
  return ::epoll_wait(fd, events, most, static_cast<int>((ns + 999'999) / 1'000'000));
}

}  // namespace

Result<Poller> Poller::make() {
  Fd fd(::epoll_create1(EPOLL_CLOEXEC));
  if (!fd) return fail_errno(errno, "make an epoll");
  return Poller(std::move(fd));
}

Result<> Poller::add(int fd, std::uint64_t tag, std::uint32_t events) {
  epoll_event event{};
  event.events = events;
  event.data.u64 = tag;
  if (::epoll_ctl(fd_.get(), EPOLL_CTL_ADD, fd, &event) < 0)
    return fail_errno(errno, "watch a descriptor");
  return {};
}

void Poller::remove(int fd) { ::epoll_ctl(fd_.get(), EPOLL_CTL_DEL, fd, nullptr); }

Result<std::vector<Ready>> Poller::wait(std::chrono::nanoseconds most) {
  epoll_event events[32];
  if (most.count() < 0) most = std::chrono::nanoseconds(0);
  const int count = wait_ns(fd_.get(), events, 32, most);
  if (count < 0 && errno != EINTR) return fail_errno(errno, "wait for events");
  std::vector<Ready> ready;
  for (int i = 0; i < count; ++i) ready.push_back({events[i].data.u64, events[i].events});
  return ready;
}

bool wait_readable(const Fd& fd, std::chrono::milliseconds most) {
  pollfd wait{fd.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&wait, 1, static_cast<int>(most.count()));
  } while (ready < 0 && errno == EINTR);
  return ready > 0;
}

Result<Fd> signal_fd(std::initializer_list<int> signals) {
  sigset_t set;
  ::sigemptyset(&set);
  for (const int signal : signals) ::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) < 0) return fail_errno(errno, "block signals");
  Fd fd(::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK));
  if (!fd) return fail_errno(errno, "make a signalfd");
  return fd;
}

int next_signal(const Fd& fd) {
  signalfd_siginfo info{};
  if (::read(fd.get(), &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return 0;
  return static_cast<int>(info.ssi_signo);
}

}  // namespace duress::os
