// One connection to a server: made (name, TCP, TLS), and then one request and its answer at a time.
// It repeats nothing and sets no time limit; whoever owns it does. Calls back from within
// the reactor's turn, and may be destroyed by what it calls. One thread.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kube/answer.h"
#include "kube/http_message.h"
#include "kube/lookup.h"
#include "kube/reactor.h"
#include "kube/stream.h"
#include "kube/url.h"

namespace duress::kube {

class Connection final {
 public:
  struct Calls {
    // A piece of the body of an answer below 300, an empty one when its head has come; unset: all
    // of it is in the response.
    std::function<void(std::string_view)> on_body;
    // Once, last.
    std::function<void(Answer<HttpResponse>)> on_end;
  };

  // `tls` is null for a plain connection, and outlives the connection.
  Connection(Reactor& reactor, Url server, const TlsContext* tls)
      : reactor_(reactor), server_(std::move(server)), tls_(tls) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() = default;

  // Only while it is idle: new, or ready for another request. Never calls back from within.
  void begin(std::string bytes, Calls calls);

  // Calls nobody back any more. It may be on the stack, and is of no use behind it.
  void abandon();

  [[nodiscard]] bool is_open() const { return phase_ == Phase::kOpen; }
  [[nodiscard]] bool is_busy() const { return busy_; }
  // Whether a byte of the present answer has come.
  [[nodiscard]] bool was_answered() const { return answered_; }
  // Whether all of the present request was handed to the kernel.
  [[nodiscard]] bool was_sent() const { return sent_ > 0; }
  [[nodiscard]] std::string_view doing() const;  // "connecting to", for messages

 private:
  enum class Phase { kNew, kLookingUp, kConnecting, kShaking, kOpen, kBroken };

  void start();
  void connect_next();
  void connected();
  void shake();
  void reuse();
  void move();
  [[nodiscard]] Answer<Wants> write_some();
  // False: it has ended, or was destroyed on the way.
  [[nodiscard]] bool read_some();
  [[nodiscard]] bool take(std::string_view bytes);
  void wait_for(int fd, std::uint32_t events, void (Connection::*next)());
  void later(void (Connection::*next)());
  void finish();
  void ended(Answer<HttpResponse> result);
  void broke(ApiError error);
  [[nodiscard]] ApiError unreachable(std::string_view why) const;

  Reactor& reactor_;
  Url server_;
  const TlsContext* tls_;
  Phase phase_ = Phase::kNew;
  bool busy_ = false;
  bool answered_ = false;
  bool head_told_ = false;
  std::string to_send_;
  std::size_t sent_ = 0;
  ResponseReader reader_;
  Calls calls_;
  std::optional<Lookup> lookup_;
  std::vector<Address> addresses_;  // to try, the next one last
  std::string last_trouble_;
  os::Fd socket_;  // until it is a stream
  std::unique_ptr<Stream> stream_;
  std::uint32_t waiting_for_ = 0;
  Handle waiting_;  // gone before the descriptors above are
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace duress::kube
