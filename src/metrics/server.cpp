#include "metrics/server.h"

#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

#include "base/text.h"
#include "kube/lookup.h"

namespace duress::metrics {

namespace {

constexpr std::size_t kMostConnections = 32;
constexpr std::size_t kMostRequest = 8192;
constexpr auto kPatience = std::chrono::seconds(5);

struct HostPort {
  std::string host;
  std::uint16_t port;
};

Result<HostPort> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  const auto port =
      parse_integer(colon == std::string::npos ? "" : std::string_view(text).substr(colon + 1));
  if (!port || *port < 0 || *port > 65535) {
    return fail(Code::kUsage,
                quoted(text) + " is not allowed: ADDRESS:PORT, or :PORT for all addresses");
  }
  std::string host = text.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']')
    host = host.substr(1, host.size() - 2);
  return HostPort{host.empty() ? "::" : host, static_cast<std::uint16_t>(*port)};
}

Result<os::Fd> bound(const HostPort& at) {
  auto address = kube::literal_address(at.host, at.port);
  if (!address) {
    return fail(Code::kUsage, quoted(at.host) + " is not allowed: an IP address in figures");
  }
  os::Fd socket(::socket(address->family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  // A machine without IPv6 has IPv4's "all addresses" only.
  if (!socket && at.host == "::") return bound({"0.0.0.0", at.port});
  if (!socket) return fail_errno(errno, "make a socket");
  const int yes = 1;
  const int no = 0;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  if (address->family == AF_INET6)
    ::setsockopt(socket.get(), IPPROTO_IPV6, IPV6_V6ONLY, &no, sizeof no);
  const auto* const raw = reinterpret_cast<const sockaddr*>(&address->storage);
  if (::bind(socket.get(), raw, address->size) < 0 || ::listen(socket.get(), SOMAXCONN) < 0)
    return fail_errno(errno, "listen on " + at.host + " port " + std::to_string(at.port));
  return socket;
}

std::string_view phrase_of(int status) {
  switch (status) {
    case 200:
      return "OK";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 503:
      return "Service Unavailable";
    default:
      return "Bad Request";
  }
}

// "GET /metrics?x=1 HTTP/1.1"
Page page_of(const std::string& request, const Server::Answer& answer) {
  const std::string line = request.substr(0, request.find("\r\n"));
  const std::size_t first = line.find(' ');
  const std::size_t second = line.find(' ', first + 1);
  if (first == std::string::npos || second == std::string::npos) return {400, "no HTTP\n"};
  if (line.substr(0, first) != "GET") return {405, "only GET\n"};
  const std::string target = line.substr(first + 1, second - first - 1);
  return answer(target.substr(0, target.find('?')));
}

}  // namespace

Result<std::unique_ptr<Server>> Server::listen(kube::Reactor& reactor, const std::string& address,
                                               Answer answer) {
  auto at = parse_address(address);
  if (!at) return std::unexpected(at.error());
  auto socket = bound(*at);
  if (!socket) return std::unexpected(socket.error());
  std::unique_ptr<Server> out(new Server(reactor, std::move(*socket), std::move(answer)));
  auto ready = reactor.when_ready(out->socket_.get(), EPOLLIN,
                                  [server = out.get()](std::uint32_t) { server->accept(); });
  if (!ready) return std::unexpected(ready.error());
  out->ready_ = std::move(*ready);
  return out;
}

std::uint16_t Server::port() const {
  sockaddr_in6 address{};
  socklen_t size = sizeof address;
  ::getsockname(socket_.get(), reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(address.sin6_port);  // where IPv4 has it too
}

void Server::accept() {
  while (true) {
    os::Fd socket(::accept4(socket_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (!socket) return;
    if (connections_.size() >= kMostConnections) continue;  // closed at once
    const auto connection = connections_.insert(connections_.end(), {.socket = std::move(socket)});
    auto ready = reactor_.when_ready(connection->socket.get(), EPOLLIN,
                                     [this, connection](std::uint32_t) { read(connection); });
    if (!ready) {
      connections_.erase(connection);
      continue;
    }
    connection->ready = std::move(*ready);
    connection->patience =
        reactor_.after(kPatience, [this, connection] { connections_.erase(connection); });
  }
}

void Server::read(Connections::iterator connection) {
  char part[4096];
  while (true) {
    const ssize_t got = ::read(connection->socket.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return static_cast<void>(connections_.erase(connection));
    connection->in.append(part, static_cast<std::size_t>(got));
    if (connection->in.find("\r\n\r\n") != std::string::npos) return respond(connection);
    if (connection->in.size() > kMostRequest)
      return static_cast<void>(connections_.erase(connection));
  }
}

void Server::respond(Connections::iterator connection) {
  const Page page = page_of(connection->in, answer_);
  connection->out =
      "HTTP/1.1 " + std::to_string(page.status) + " " + std::string(phrase_of(page.status)) +
      "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: " +
      std::to_string(page.text.size()) + "\r\nConnection: close\r\n\r\n" + page.text;
  connection->ready.reset();
  auto ready = reactor_.when_ready(connection->socket.get(), EPOLLOUT,
                                   [this, connection](std::uint32_t) { write(connection); });
  if (!ready) return static_cast<void>(connections_.erase(connection));
  connection->ready = std::move(*ready);
}

void Server::write(Connections::iterator connection) {
  while (!connection->out.empty()) {
    const ssize_t sent = ::send(connection->socket.get(), connection->out.data(),
                                connection->out.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && errno == EAGAIN) return;
    if (sent < 0) break;
    connection->out.erase(0, static_cast<std::size_t>(sent));
  }
  connections_.erase(connection);
}

}  // namespace duress::metrics
