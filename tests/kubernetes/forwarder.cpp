#include "forwarder.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <regex>
#include <thread>
#include <vector>

#include "os/fd.h"

namespace duress::testing {

struct Forwarder::State {
  struct Pair {
    os::Fd near;
    os::Fd far;
  };
  os::Fd listener;
  sockaddr_in server{};
  std::uint16_t port = 0;
  std::atomic<bool> is_open = true;
  std::vector<Pair> pairs;  // the thread's
  std::jthread thread;

  void accept();
  void turn();
};

namespace {

// False: one side has closed.
bool pass(int from, int to) {
  char buffer[16384];
  const ssize_t got = ::recv(from, buffer, sizeof buffer, 0);
  return got > 0 && ::send(to, buffer, static_cast<std::size_t>(got), MSG_NOSIGNAL) == got;
}

}  // namespace

void Forwarder::State::accept() {
  os::Fd near(::accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
  os::Fd far(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (near && is_open &&
      ::connect(far.get(), reinterpret_cast<const sockaddr*>(&server), sizeof server) == 0)
    pairs.push_back({std::move(near), std::move(far)});
}

void Forwarder::State::turn() {
  if (!is_open) pairs.clear();
  std::vector<pollfd> all = {{listener.get(), POLLIN, 0}};
  for (const Pair& pair : pairs) {
    all.push_back({pair.near.get(), POLLIN, 0});
    all.push_back({pair.far.get(), POLLIN, 0});
  }
  if (::poll(all.data(), all.size(), 20) <= 0) return;
  for (std::size_t i = pairs.size(); i-- > 0;) {
    const bool ended =
        (all[1 + 2 * i].revents != 0 && !pass(all[1 + 2 * i].fd, all[2 + 2 * i].fd)) ||
        (all[2 + 2 * i].revents != 0 && !pass(all[2 + 2 * i].fd, all[1 + 2 * i].fd));
    if (ended) pairs.erase(pairs.begin() + static_cast<std::ptrdiff_t>(i));
  }
  if (all[0].revents != 0) accept();
}

Forwarder::Forwarder(const std::string& host, std::uint16_t port)
    : state_(std::make_unique<State>()) {
  state_->server.sin_family = AF_INET;
  state_->server.sin_port = htons(port);
  EXPECT_EQ(::inet_pton(AF_INET, host.c_str(), &state_->server.sin_addr), 1);
  state_->listener = os::Fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in own{};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  EXPECT_EQ(::bind(state_->listener.get(), reinterpret_cast<const sockaddr*>(&own), size), 0);
  EXPECT_EQ(::listen(state_->listener.get(), 16), 0);
  ::getsockname(state_->listener.get(), reinterpret_cast<sockaddr*>(&own), &size);
  state_->port = ntohs(own.sin_port);
  state_->thread = std::jthread([state = state_.get()](const std::stop_token& stop) {
    while (!stop.stop_requested()) state->turn();
  });
}

Forwarder::~Forwarder() = default;

void Forwarder::close() { state_->is_open = false; }

void Forwarder::open() { state_->is_open = true; }

std::string Forwarder::kubeconfig(const std::string& text, const std::string& host) const {
  const std::string way = "server: \"https://127.0.0.1:" + std::to_string(state_->port) +
                          "\", tls-server-name: \"" + host + "\"";
  return std::regex_replace(text, std::regex("server: *\"[^\"]*\""), way);
}

}  // namespace duress::testing
