// Requests to one server, several at a time over connections that are kept: time limits, a queue,
// and the one repetition that a kept connection makes necessary. It knows no Kubernetes and no
// credentials. One thread; outlives its calls, and calls back from within the reactor's turn only.
#pragma once

#include <functional>
#include <list>
#include <map>
#include <memory>
#include <string>

#include "kube/answer.h"
#include "kube/connection.h"
#include "kube/reactor.h"

namespace duress::kube {

struct Exchange {
  HttpRequest request{};
  std::string what{};  // what messages begin with: "list pods in namespace a"
  // For the whole answer; of a stream for its head only.
  Duration within = std::chrono::seconds(30);
  // Of a stream: so long without a byte is a broken connection. 0: for ever.
  Duration quiet{0};
  // Doing it twice is doing it once, so it is sent again where a kept connection broke under it.
  bool may_repeat = true;
  // Set: a stream; it gets the pieces of the body of an answer below 300.
  std::function<void(std::string_view)> on_body{};
  // Once, last, unless the call was dropped. An answer of any status is an answer.
  std::function<void(Answer<HttpResponse>)> on_end{};
};

class HttpClient;

// Dropping it drops the request: nothing is called back any more.
class Call final {
 public:
  Call() = default;
  Call(Call&& other) noexcept
      : client_(std::exchange(other.client_, nullptr)), id_(std::exchange(other.id_, 0)) {}
  Call& operator=(Call&& other) noexcept;
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  ~Call() { drop(); }

  void drop();
  [[nodiscard]] bool is_pending() const;

 private:
  friend class HttpClient;
  Call(HttpClient* client, std::uint64_t id) : client_(client), id_(id) {}
  HttpClient* client_ = nullptr;
  std::uint64_t id_ = 0;
};

class HttpClient final {
 public:
  [[nodiscard]] static Result<std::unique_ptr<HttpClient>> make(Reactor& reactor, const Url& server,
                                                                const TlsSettings& tls);
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  ~HttpClient() = default;

  [[nodiscard]] Call send(Exchange exchange);

  [[nodiscard]] Reactor& reactor() const { return reactor_; }
  [[nodiscard]] const Url& server() const { return server_; }
  // The server's time as its last answer told it (Date, whole seconds), and when that was heard.
  struct ServerTime {
    WallTime told;
    Instant heard;
  };
  [[nodiscard]] std::optional<ServerTime> server_time() const { return server_time_; }
  [[nodiscard]] std::size_t connections() const { return idle_.size() + streams_ + running_; }

 private:
  friend class Call;
  struct Running {
    Exchange exchange;
    std::unique_ptr<Connection> connection;
    Handle timer;
    bool streams = false;   // the head of a stream has come
    bool was_kept = false;  // the connection had carried a request before
  };

  HttpClient(Reactor& reactor, Url server) : reactor_(reactor), server_(std::move(server)) {}
  void start(std::uint64_t id, bool on_kept);
  void start_waiting();
  void bodied(std::uint64_t id, std::string_view piece);
  void ended(std::uint64_t id, Answer<HttpResponse> result);
  void timed_out(std::uint64_t id);
  void finish(std::uint64_t id, Answer<HttpResponse> result);
  void forget(std::uint64_t id);
  void keep(std::unique_ptr<Connection> connection);
  void retire(std::unique_ptr<Connection> connection);
  [[nodiscard]] std::unique_ptr<Connection> take_kept();

  Reactor& reactor_;
  Url server_;
  std::unique_ptr<TlsContext> tls_;
  std::uint64_t last_id_ = 0;
  std::map<std::uint64_t, std::shared_ptr<Running>> calls_;
  std::list<std::uint64_t> queue_;
  std::size_t running_ = 0;  // requests that are no streams
  std::size_t streams_ = 0;
  struct Kept {
    std::uint64_t number;
    std::unique_ptr<Connection> connection;
    Handle timer;
  };
  std::list<Kept> idle_;
  // Connections whose call is on the stack; emptied by the next turn.
  std::vector<std::unique_ptr<Connection>> retired_;
  Handle sweep_;
  std::optional<ServerTime> server_time_;
};

}  // namespace duress::kube
