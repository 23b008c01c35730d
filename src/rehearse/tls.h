// TLS over a connection that stands, for probes: no certificate is looked at, as a kubelet looks at
// none. It blocks nowhere and owns no descriptor. Errors are in the words of Go's crypto/tls where
// there are such. One thread.
#pragma once

#include <memory>
#include <string>

#include "rehearse/flow.h"

struct ssl_st;
struct ssl_ctx_st;

namespace duress::rehearse {

class Tls final {
 public:
  Tls(int fd, const std::string& host);
  Tls(const Tls&) = delete;
  Tls& operator=(const Tls&) = delete;
  ~Tls();

  [[nodiscard]] Flow shake_hands();  // kMore: done
  [[nodiscard]] Flow send(std::string& text);
  [[nodiscard]] Flow receive(std::string& to);
  [[nodiscard]] bool wants_to_write() const { return wants_to_write_; }
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  [[nodiscard]] Flow after(int result);

  ssl_ctx_st* context_ = nullptr;
  ssl_st* session_ = nullptr;
  bool wants_to_write_ = false;
  std::string error_;
};

}  // namespace duress::rehearse
