#include "rehearse/connection.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cctype>
#include <cerrno>
#include <cstring>
#include <optional>

namespace duress::rehearse {

namespace {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

std::optional<Address> address_of_text(const std::string& host, int port) {
  Address out;
  sockaddr_in v4{};
  if (::inet_pton(AF_INET, host == "localhost" ? "127.0.0.1" : host.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(static_cast<std::uint16_t>(port));
    std::memcpy(&out.storage, &v4, sizeof v4);
    out.size = sizeof v4;
    return out;
  }
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET6, host.c_str(), &v6.sin6_addr) != 1) return std::nullopt;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(static_cast<std::uint16_t>(port));
  std::memcpy(&out.storage, &v6, sizeof v6);
  out.size = sizeof v6;
  return out;
}

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string end_of(int fd, bool own) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  // The sockets' interface speaks of one type and means another.
  auto* raw = reinterpret_cast<sockaddr*>(&storage);
  if ((own ? ::getsockname(fd, raw, &size) : ::getpeername(fd, raw, &size)) < 0) return "";
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, &storage, sizeof v4);
    ::inet_ntop(AF_INET, &v4.sin_addr, text.data(), text.size());
    return join_host_port(text.data(), ntohs(v4.sin_port));
  }
  sockaddr_in6 v6{};
  std::memcpy(&v6, &storage, sizeof v6);
  ::inet_ntop(AF_INET6, &v6.sin6_addr, text.data(), text.size());
  return join_host_port(text.data(), ntohs(v6.sin6_port));
}

}  // namespace

std::string join_host_port(const std::string& host, int port) {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Connection::Connection(const Peer& peer, Sockets& sockets)
    : peer_(peer), name_(join_host_port(peer.host, peer.port)), secured_(!peer.tls) {
  const auto address = address_of_text(peer.host, peer.port);
  if (!address) {
    error_ = "dial tcp: lookup " + peer.host + ": no such host";
    return;
  }
  auto socket = sockets.socket(address->storage.ss_family == AF_INET6);
  if (!socket) {
    fail_dial(socket.error().message);
    return;
  }
  fd_ = std::move(*socket);
  const auto* raw = reinterpret_cast<const sockaddr*>(&address->storage);
  if (::connect(fd_.get(), raw, address->size) == 0) {
    connected_ = true;
  } else if (errno != EINPROGRESS) {
    fail_dial("connect: " + lower(std::strerror(errno)));
  }
}

void Connection::fail_dial(const std::string& why) { error_ = "dial tcp " + name_ + ": " + why; }

void Connection::fail_stream(const char* what, int error) {
  error_ = std::string(what) + " tcp " + end_of(fd_.get(), true) + "->" + name_ + ": " + what +
           ": " + lower(std::strerror(error));
}

bool Connection::connected() {
  if (!reached()) return false;
  if (secured_) return true;
  if (!tls_) tls_ = std::make_unique<Tls>(fd_.get(), peer_.host);
  const Flow flow = tls_->shake_hands();
  if (flow == Flow::kGone) error_ = tls_->error().empty() ? "EOF" : tls_->error();
  secured_ = flow == Flow::kMore;
  return secured_;
}

bool Connection::reached() {
  if (connected_ || !error_.empty()) return connected_;
  pollfd ready{fd_.get(), POLLOUT, 0};
  if (::poll(&ready, 1, 0) <= 0) return false;
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) < 0) error = errno;
  if (error != 0) {
    fail_dial("connect: " + lower(std::strerror(error)));
    return false;
  }
  connected_ = true;
  return true;
}

Flow Connection::send(std::string& text) {
  if (tls_) {
    const Flow flow = tls_->send(text);
    error_ = tls_->error();
    return flow;
  }
  while (!text.empty()) {
    const ssize_t sent = ::send(fd_.get(), text.data(), text.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return Flow::kWait;
    if (sent < 0) {
      fail_stream("write", errno);
      return Flow::kGone;
    }
    text.erase(0, static_cast<std::size_t>(sent));
  }
  return Flow::kMore;
}

Flow Connection::receive(std::string& to) {
  if (tls_) {
    const Flow flow = tls_->receive(to);
    error_ = tls_->error();
    return flow;
  }
  std::array<char, 16UL * 1024> part;
  ssize_t got = -1;
  do {
    got = ::recv(fd_.get(), part.data(), part.size(), 0);
  } while (got < 0 && errno == EINTR);
  if (got < 0 && errno == EAGAIN) return Flow::kWait;
  if (got < 0) fail_stream("read", errno);
  if (got <= 0) return Flow::kGone;
  to.append(part.data(), static_cast<std::size_t>(got));
  return Flow::kMore;
}

}  // namespace duress::rehearse
