#include "rehearse/caretaker.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>

#include "os/message.h"
#include "os/process.h"

namespace duress::rehearse {

namespace {

constexpr auto kPatience = std::chrono::seconds(20);

[[noreturn]] void caretaker_main(const os::Fd& socket, const os::Fd& lock, const Estate& estate) {
  stand_apart("duress-caretake", {socket.get(), lock.get()});
  pollfd closed{socket.get(), POLLIN, 0};
  while (::poll(&closed, 1, -1) < 0 || closed.revents == 0) {
  }
  ::_exit(clear(estate, kPatience).empty() ? 0 : 1);
}

}  // namespace

void stand_apart(const char* name, const std::vector<int>& kept) {
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  ::setsid();
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_IGN);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  (void)!::chdir("/");
  if (const os::Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC)); null) {
    for (const int standard : {0, 1, 2}) ::dup2(null.get(), standard);
  }
  std::vector<int> sorted = kept;
  std::ranges::sort(sorted);
  unsigned from = 3;
  for (const int fd : sorted) {
    const auto at = static_cast<unsigned>(fd);
    if (at > from) ::syscall(SYS_close_range, from, at - 1, 0U);
    from = std::max(from, at + 1);
  }
  ::syscall(SYS_close_range, from, ~0U, 0U);
}

Result<Caretaker> Caretaker::start(const Estate& estate, const os::Fd& lock) {
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  os::Fd pidfd;
  auto pid = os::fork_into(os::Fd(), &pidfd);
  if (!pid) return std::unexpected(pid.error().context("start the caretaker"));
  if (*pid == 0) {
    pair->first.reset();
    caretaker_main(pair->second, lock, estate);
  }
  return Caretaker(*pid, std::move(pidfd), std::move(pair->first));
}

Caretaker::Caretaker(Caretaker&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      pidfd_(std::move(other.pidfd_)),
      socket_(std::move(other.socket_)) {}

Caretaker& Caretaker::operator=(Caretaker&& other) noexcept {
  if (this == &other) return *this;
  finish();
  pid_ = std::exchange(other.pid_, -1);
  pidfd_ = std::move(other.pidfd_);
  socket_ = std::move(other.socket_);
  return *this;
}

bool Caretaker::alive() const { return pid_ > 0 && !os::has_ended(pidfd_); }

void Caretaker::finish() {
  socket_.reset();
  if (pid_ < 0) return;
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace duress::rehearse
