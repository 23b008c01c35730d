// Servers on the loopback for tests of probes, and a loop that runs a probe against one. A server
// has a thread of its own; everything else is for one thread.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <gtest/gtest.h>

#include "rehearse/probe_run.h"

namespace duress::rehearse {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class Plain final : public Sockets {
 public:
  Result<os::Fd> socket(bool ipv6) override {
    return os::Fd(
        ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  }
};

// Each connection is given to `serve` on a thread of the server's own.
class Server final {
 public:
  explicit Server(std::function<void(int)> serve) : serve_(std::move(serve)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener_ = os::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    socklen_t size = sizeof address;
    auto* raw = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(listener_.get(), raw, size), 0);
    EXPECT_EQ(::listen(listener_.get(), 64), 0);
    EXPECT_EQ(::getsockname(listener_.get(), raw, &size), 0);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this] {
      while (true) {
        const os::Fd peer(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
        if (!peer || over_) return;
        serve_(peer.get());
      }
    });
  }
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;
  ~Server() {
    over_ = true;
    ::shutdown(listener_.get(), SHUT_RDWR);
  }
  [[nodiscard]] int port() const { return port_; }

 private:
  std::function<void(int)> serve_;
  os::Fd listener_;
  int port_ = 0;
  std::atomic<bool> over_ = false;
  std::jthread thread_;
};

inline void read_request(int peer) {
  char part[4096];
  (void)!::recv(peer, part, sizeof part, 0);
}

// False: the peer has gone.
inline bool say(int peer, std::string_view text) {
  return ::send(peer, text.data(), text.size(), MSG_NOSIGNAL) >= 0;
}

inline ProbeDone run(ProbeRun& probe, milliseconds timeout = milliseconds(1000)) {
  const auto end = steady_clock::now() + timeout;
  auto done = probe.go_on();
  while (!done) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady_clock::now());
    if (left.count() <= 0) return probe.timed_out();
    pollfd ready{probe.fd(), static_cast<short>(probe.events()), 0};
    ::poll(&ready, 1, static_cast<int>(left.count()));
    if (ready.revents != 0) done = probe.go_on();
  }
  return *done;
}

inline std::string where(int port) { return "127.0.0.1:" + std::to_string(port); }

}  // namespace duress::rehearse
