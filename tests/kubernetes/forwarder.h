// A way to a server that can be closed and opened: a listener on this machine that passes every
// connection on. Closed, it drops the connections and accepts none. One thread of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace duress::testing {

class Forwarder final {
 public:
  Forwarder(const std::string& host, std::uint16_t port);
  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;
  ~Forwarder();

  void close();
  void open();
  // `text` with this way instead of the server's own address.
  [[nodiscard]] std::string kubeconfig(const std::string& text, const std::string& host) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace duress::testing
