#include "kube/connection.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

namespace duress::kube {

namespace {

constexpr std::size_t kPiece = 16U << 10U;

// A peer that is gone without a word is noticed after 30 s: while data is on its way by the user
// time-out, while it is silent by three probes.
void set_patience(int socket) {
  const auto set = [socket](int level, int option, int value) {
    ::setsockopt(socket, level, option, &value, sizeof value);
  };
  set(IPPROTO_TCP, TCP_NODELAY, 1);
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, 15);
  set(IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set(IPPROTO_TCP, TCP_KEEPCNT, 3);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, 30'000);
  set(IPPROTO_TCP, TCP_SYNCNT, 2);  // 7 s, then the next address
}

std::uint32_t events_of(Wants wants) { return wants == Wants::kWrite ? EPOLLOUT : EPOLLIN; }

}  // namespace

void Connection::begin(std::string bytes, Calls calls) {
  busy_ = true;
  answered_ = false;
  head_told_ = false;
  to_send_ = std::move(bytes);
  sent_ = 0;
  reader_ = {};
  calls_ = std::move(calls);
  later(phase_ == Phase::kOpen ? &Connection::reuse : &Connection::start);
}

void Connection::abandon() {
  waiting_.reset();
  alive_.reset();
  phase_ = Phase::kBroken;
}

std::string_view Connection::doing() const {
  switch (phase_) {
    case Phase::kNew:
    case Phase::kLookingUp:
      return "looking up the name of";
    case Phase::kConnecting:
      return "connecting to";
    case Phase::kShaking:
      return "agreeing on TLS with";
    default:
      return "waiting for the answer of";
  }
}

void Connection::later(void (Connection::*next)()) {
  waiting_for_ = 0;
  waiting_ = reactor_.after(Duration{0}, [this, next] { (this->*next)(); });
}

void Connection::wait_for(int fd, std::uint32_t events, void (Connection::*next)()) {
  waiting_.reset();
  auto handle = reactor_.when_ready(fd, events, [this, next](std::uint32_t) { (this->*next)(); });
  if (!handle) return broke({Reason::kNoContact, handle.error().message});
  waiting_ = std::move(*handle);
  waiting_for_ = events;
}

void Connection::start() {
  if (const auto address = literal_address(server_.host, server_.port)) {
    addresses_ = {*address};
    return connect_next();
  }
  if (phase_ == Phase::kNew) {
    phase_ = Phase::kLookingUp;
    auto lookup = Lookup::begin(server_.host, server_.port);
    if (!lookup) return broke(unreachable(lookup.error().message));
    lookup_ = std::move(*lookup);
    return wait_for(lookup_->fd(), EPOLLIN, &Connection::start);
  }
  waiting_.reset();
  auto addresses = lookup_->take();
  lookup_.reset();
  if (!addresses) return broke(unreachable(addresses.error().message));
  addresses_ = std::move(*addresses);
  std::ranges::reverse(addresses_);
  connect_next();
}

void Connection::connect_next() {
  waiting_.reset();
  phase_ = Phase::kConnecting;
  while (!addresses_.empty()) {
    const Address address = addresses_.back();
    addresses_.pop_back();
    socket_ = os::Fd(::socket(address.family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (socket_) {
      set_patience(socket_.get());
      const int done = ::connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address.storage),
                                 address.size);
      if (done == 0 || errno == EINPROGRESS)
        return wait_for(socket_.get(), EPOLLOUT, &Connection::connected);
    }
    last_trouble_ = std::strerror(errno);
  }
  broke(unreachable(last_trouble_));
}

void Connection::connected() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(socket_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
  if (error != 0) {
    last_trouble_ = std::strerror(error);
    return connect_next();
  }
  waiting_.reset();
  if (tls_ == nullptr) {
    stream_ = plain_stream(std::move(socket_));
  } else {
    auto stream = tls_->stream(std::move(socket_));
    if (!stream) return broke(std::move(stream.error()));
    stream_ = std::move(*stream);
  }
  phase_ = Phase::kShaking;
  shake();
}

void Connection::shake() {
  const auto wants = stream_->shake_hands();
  if (!wants) return broke(wants.error().context(host_and_port(server_)));
  if (*wants != Wants::kNothing)
    return wait_for(stream_->fd(), events_of(*wants), &Connection::shake);
  phase_ = Phase::kOpen;
  move();
}

Answer<Wants> Connection::write_some() {
  while (sent_ < to_send_.size()) {
    const auto moved = stream_->write(std::string_view(to_send_).substr(sent_));
    if (!moved) return std::unexpected(moved.error());
    if (moved->wants != Wants::kNothing) return moved->wants;
    sent_ += moved->bytes;
  }
  to_send_.clear();
  to_send_.shrink_to_fit();
  return Wants::kNothing;
}

// A server closes what was silent for long; better seen before a request is sent into it.
void Connection::reuse() {
  if (read_some()) move();
}

void Connection::move() {
  if (!to_send_.empty()) {
    const auto wants = write_some();
    // A server that refuses early closes while we still write: its answer may be there.
    if (!wants) to_send_.clear();
    if (wants && *wants != Wants::kNothing)
      return wait_for(stream_->fd(), EPOLLIN | events_of(*wants), &Connection::move);
  }
  if (!read_some()) return;
  if (waiting_for_ != EPOLLIN) wait_for(stream_->fd(), EPOLLIN, &Connection::move);
}

bool Connection::read_some() {
  // Not on the heap: a watch is silent most of its life.
  std::array<char, kPiece> piece;  // NOLINT(cppcoreguidelines-pro-type-member-init)
  for (;;) {
    const auto moved = stream_->read(piece.data(), piece.size());
    if (!moved) return broke(moved.error().context(host_and_port(server_))), false;
    if (moved->wants != Wants::kNothing) return true;
    if (moved->bytes == 0) {
      phase_ = Phase::kBroken;
      const auto right = reader_.end_of_stream();
      if (!right)
        return broke({Reason::kNoContact, host_and_port(server_) + ": " + right.error().message}),
               false;
      finish();
      return false;
    }
    if (!take({piece.data(), moved->bytes})) return false;
  }
}

bool Connection::take(std::string_view bytes) {
  // A proxy tells a silent connection so that it is about to close it.
  if (sent_ == 0) return broke({Reason::kNoContact, "the server spoke without being asked"}), false;
  answered_ = true;
  if (auto done = reader_.take(bytes); !done)
    return broke({Reason::kMalformed, host_and_port(server_) + ": " + done.error().message}), false;
  const bool is_new_head = reader_.has_head() && !std::exchange(head_told_, reader_.has_head());
  if (calls_.on_body && reader_.has_head() && reader_.head().status < 300 &&
      (reader_.body_waiting() > 0 || is_new_head)) {
    const std::weak_ptr<bool> alive = alive_;
    calls_.on_body(reader_.take_body());
    if (alive.expired()) return false;
  }
  if (!reader_.is_complete()) return true;
  if (!reader_.keeps_alive()) phase_ = Phase::kBroken;
  finish();
  return false;
}

void Connection::finish() {
  HttpResponse response = reader_.head();
  response.body = reader_.take_body();
  ended(std::move(response));
}

void Connection::ended(Answer<HttpResponse> result) {
  waiting_.reset();
  waiting_for_ = 0;
  const bool was_busy = std::exchange(busy_, false);
  const Calls calls = std::exchange(calls_, {});
  if (was_busy && calls.on_end) calls.on_end(std::move(result));  // this may be gone behind it
}

void Connection::broke(ApiError error) {
  phase_ = Phase::kBroken;
  ended(std::unexpected(std::move(error)));
}

ApiError Connection::unreachable(std::string_view why) const {
  return {Reason::kNoContact, "the API server " + host_and_port(server_) + " cannot be reached: " +
                                  std::string(why) + "; is it running, and is the address right?"};
}

}  // namespace duress::kube
