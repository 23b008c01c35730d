// A connected socket as a stream of bytes, plain or TLS, that never blocks: each call does what it
// can and says what it waits for. It does not connect and does not poll. One thread; a stream owns
// its descriptor.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "kube/access.h"
#include "kube/answer.h"
#include "os/fd.h"

struct ssl_ctx_st;

namespace duress::kube {

enum class Wants { kNothing, kRead, kWrite };

struct Moved {
  Wants wants = Wants::kNothing;
  std::size_t bytes = 0;  // read: 0 with kNothing is the end
};

class Stream {
 public:
  virtual ~Stream() = default;
  // Until it wants nothing more.
  [[nodiscard]] virtual Answer<Wants> shake_hands() = 0;
  [[nodiscard]] virtual Answer<Moved> read(char* to, std::size_t most) = 0;
  [[nodiscard]] virtual Answer<Moved> write(std::string_view bytes) = 0;
  [[nodiscard]] virtual int fd() const = 0;
};

[[nodiscard]] std::unique_ptr<Stream> plain_stream(os::Fd socket);

// What TLS connections to one server share: whom to trust, and who we are. OpenSSL is known in
// tls.cpp alone.
class TlsContext final {
 public:
  // kUsage: a certificate or key that is none.
  [[nodiscard]] static Result<TlsContext> make(const TlsSettings& settings, std::string host);
  TlsContext(TlsContext&& other) noexcept = default;
  TlsContext& operator=(TlsContext&& other) noexcept = default;

  [[nodiscard]] Answer<std::unique_ptr<Stream>> stream(os::Fd socket) const;

 private:
  struct Free {
    void operator()(ssl_ctx_st* context) const;
  };
  TlsContext(std::unique_ptr<ssl_ctx_st, Free> context, std::string host, bool verify)
      : context_(std::move(context)), host_(std::move(host)), verify_(verify) {}

  std::unique_ptr<ssl_ctx_st, Free> context_;
  std::string host_;
  bool verify_ = true;
};

}  // namespace duress::kube
