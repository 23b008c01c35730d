#include "rehearse/caretaker.h"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "os/message.h"
#include "os/process.h"
#include "os/stand_apart.h"

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
  os::forget_signals();
  os::stand_apart(name);
  os::close_all_but(kept);
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
