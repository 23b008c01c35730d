#include "kube/http_client.h"

#include <fmt/format.h>

#include <ctime>

namespace duress::kube {

namespace {

// Requests beyond these wait: an API server gives one client its share, and refuses the rest.
constexpr std::size_t kMostRunning = 8;
constexpr std::size_t kMostKept = 4;
constexpr auto kKeptFor = std::chrono::seconds(60);

// RFC 9110, IMF-fixdate: "Tue, 24 Nov 2026 21:35:06 GMT".
std::optional<WallTime> http_date(std::string_view text) {
  std::tm time{};
  const char* end = ::strptime(std::string(text).c_str(), "%a, %d %b %Y %H:%M:%S GMT", &time);
  if (end == nullptr) return std::nullopt;
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

}  // namespace

Call& Call::operator=(Call&& other) noexcept {
  if (this == &other) return *this;
  drop();
  client_ = std::exchange(other.client_, nullptr);
  id_ = std::exchange(other.id_, 0);
  return *this;
}

void Call::drop() {
  if (client_ != nullptr) std::exchange(client_, nullptr)->forget(id_);
}

bool Call::is_pending() const { return client_ != nullptr && client_->calls_.contains(id_); }

Result<std::unique_ptr<HttpClient>> HttpClient::make(Reactor& reactor, const Url& server,
                                                     const TlsSettings& tls) {
  auto client = std::unique_ptr<HttpClient>(new HttpClient(reactor, server));
  if (!server.tls) return client;
  auto context = TlsContext::make(tls, server.host);
  if (!context) return std::unexpected(context.error());
  client->tls_ = std::make_unique<TlsContext>(std::move(*context));
  return client;
}

Call HttpClient::send(Exchange exchange) {
  const std::uint64_t id = ++last_id_;
  const bool is_stream = static_cast<bool>(exchange.on_body);
  auto running = std::make_shared<Running>();
  running->exchange = std::move(exchange);
  running->timer = reactor_.after(running->exchange.within, [this, id] { timed_out(id); });
  calls_.emplace(id, std::move(running));
  if (!is_stream && running_ >= kMostRunning) {
    queue_.push_back(id);
  } else {
    (is_stream ? streams_ : running_) += 1;
    start(id, true);
  }
  return {this, id};
}

std::unique_ptr<Connection> HttpClient::take_kept() {
  while (!idle_.empty()) {
    auto connection = std::move(idle_.back().connection);
    idle_.pop_back();
    if (connection->is_open()) return connection;
  }
  return nullptr;
}

void HttpClient::start(std::uint64_t id, bool on_kept) {
  const auto call = calls_.at(id);
  auto connection = on_kept ? take_kept() : nullptr;
  call->was_kept = connection != nullptr;
  if (!connection) connection = std::make_unique<Connection>(reactor_, server_, tls_.get());
  call->connection = std::move(connection);
  auto bytes = request_bytes(call->exchange.request, host_and_port(server_));
  if (!bytes) {
    // Told from the reactor's turn, as everything is.
    call->timer = reactor_.after(Duration{0}, [this, id, error = bytes.error()] {
      finish(id, refuse(Reason::kInvalid, error.message));
    });
    return;
  }
  Connection::Calls calls;
  if (call->exchange.on_body)
    calls.on_body = [this, id](std::string_view piece) { bodied(id, piece); };
  calls.on_end = [this, id](Answer<HttpResponse> result) { ended(id, std::move(result)); };
  call->connection->begin(std::move(*bytes), std::move(calls));
}

void HttpClient::bodied(std::uint64_t id, std::string_view piece) {
  const auto call = calls_.at(id);
  call->streams = true;  // the head has come in time; from now on only silence counts
  call->timer.reset();
  if (call->exchange.quiet > Duration{0})
    call->timer = reactor_.after(call->exchange.quiet, [this, id] { timed_out(id); });
  if (!piece.empty()) call->exchange.on_body(piece);
}

void HttpClient::ended(std::uint64_t id, Answer<HttpResponse> result) {
  const auto call = calls_.at(id);
  if (result) {
    if (const auto date = http_date(header_of(result->headers, "Date")))
      server_time_ = ServerTime{*date, reactor_.now()};
    return finish(id, std::move(result));
  }
  const Connection& connection = *call->connection;
  const bool is_lost = result.error().reason == Reason::kNoContact;
  const bool was_sent = connection.was_sent();
  if (is_lost && call->was_kept && !connection.was_answered() &&
      (call->exchange.may_repeat || !was_sent)) {
    retire(std::move(call->connection));
    return start(id, false);
  }
  if (is_lost && was_sent && !call->exchange.may_repeat)
    result.error().message += "; it is not known whether it was done";
  finish(id, std::move(result));
}

void HttpClient::timed_out(std::uint64_t id) {
  const auto call = calls_.at(id);
  std::string message;
  Reason reason = Reason::kTimeout;
  if (!call->connection) {
    message = fmt::format("too many requests wait for {}", host_and_port(server_));
  } else if (call->streams) {
    message = fmt::format("{} sent nothing for {:g} s: the connection is taken for broken",
                          host_and_port(server_), seconds(call->exchange.quiet));
    reason = Reason::kNoContact;
  } else {
    message = fmt::format("{} {} took longer than {:g} s", call->connection->doing(),
                          host_and_port(server_), seconds(call->exchange.within));
    if (!call->connection->is_open()) reason = Reason::kNoContact;
  }
  finish(id, refuse(reason, std::move(message)));
}

void HttpClient::finish(std::uint64_t id, Answer<HttpResponse> result) {
  const auto call = calls_.at(id);
  if (!result) result = std::unexpected(result.error().context(call->exchange.what));
  auto connection = std::move(call->connection);
  const bool is_waiting = connection == nullptr;
  const bool is_stream = static_cast<bool>(call->exchange.on_body);
  calls_.erase(id);
  call->timer.reset();
  if (is_waiting) {
    queue_.remove(id);
  } else {
    (is_stream ? streams_ : running_) -= 1;
    if (connection->is_open() && !connection->is_busy() && result)
      keep(std::move(connection));
    else
      retire(std::move(connection));
  }
  start_waiting();
  if (call->exchange.on_end) call->exchange.on_end(std::move(result));
}

void HttpClient::start_waiting() {
  while (!queue_.empty() && running_ < kMostRunning) {
    const std::uint64_t id = queue_.front();
    queue_.pop_front();
    running_ += 1;
    start(id, true);
  }
}

void HttpClient::forget(std::uint64_t id) {
  const auto found = calls_.find(id);
  if (found == calls_.end()) return;
  const auto call = found->second;
  calls_.erase(found);
  call->timer.reset();
  if (!call->connection) {
    queue_.remove(id);
    return;
  }
  (call->exchange.on_body ? streams_ : running_) -= 1;
  retire(std::move(call->connection));
  start_waiting();
}

void HttpClient::keep(std::unique_ptr<Connection> connection) {
  if (idle_.size() >= kMostKept) return retire(std::move(connection));
  const std::uint64_t number = ++last_id_;
  idle_.push_back({number, std::move(connection), reactor_.after(kKeptFor, [this, number] {
                     idle_.remove_if([number](const Kept& kept) { return kept.number == number; });
                   })});
}

// Its call may be on the stack: it goes with the next turn.
void HttpClient::retire(std::unique_ptr<Connection> connection) {
  connection->abandon();
  retired_.push_back(std::move(connection));
  sweep_ = reactor_.after(Duration{0}, [this] { retired_.clear(); });
}

}  // namespace duress::kube
