// The addresses of a host's name. Addresses written in figures need no asking; a name is asked for
// in a thread of its own, because the C library's resolver blocks for seconds and cannot be
// stopped: it owns all that it touches and answers by a message, so nobody has to wait for it.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/fd.h"

namespace duress::kube {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = 0;
  int family = 0;
};

[[nodiscard]] std::optional<Address> literal_address(const std::string& host, std::uint16_t port);

class Lookup final {
 public:
  [[nodiscard]] static Result<Lookup> begin(const std::string& host, std::uint16_t port);

  // Readable: take() has the answer.
  [[nodiscard]] int fd() const { return socket_.get(); }
  [[nodiscard]] Result<std::vector<Address>> take();

 private:
  Lookup(os::Fd socket, std::string host) : socket_(std::move(socket)), host_(std::move(host)) {}
  os::Fd socket_;
  std::string host_;
};

}  // namespace duress::kube
