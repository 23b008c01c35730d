// A TCP connection that is being made or stands, for the probes: never blocking, with errors in the
// words of Go's net package, which are those of a kubelet. It speaks no protocol. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "rehearse/flow.h"
#include "rehearse/probe_run.h"
#include "rehearse/tls.h"

namespace duress::rehearse {

// "10.88.0.2:8080", "[::1]:80".
[[nodiscard]] std::string join_host_port(const std::string& host, int port);

struct Peer {
  std::string host{};
  int port = 0;
  bool tls = false;
};

class Connection final {
 public:
  // Begins to connect; a host that is no address fails as a name that nobody knows.
  Connection(const Peer& peer, Sockets& sockets);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // True: it stands. False: wait for EPOLLOUT where it waits_to_write(), for EPOLLIN otherwise; or
  // error() is not empty.
  [[nodiscard]] bool connected();
  [[nodiscard]] bool waits_to_write() const {
    return !connected_ || (tls_ && tls_->wants_to_write());
  }
  // What could not be sent yet stays in `text`.
  [[nodiscard]] Flow send(std::string& text);
  // Appends at most 16 KiB. kGone with an empty error(): the peer has closed.
  [[nodiscard]] Flow receive(std::string& to);
  // "dial tcp 10.88.0.2:8080: connect: connection refused"
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void fail_dial(const std::string& why);
  void fail_stream(const char* what, int error);

  [[nodiscard]] bool reached();

  Peer peer_;
  std::string name_;
  os::Fd fd_;
  std::unique_ptr<Tls> tls_;
  bool connected_ = false;  // TCP
  bool secured_ = false;    // TLS, where it is wanted
  std::string error_;
};

}  // namespace duress::rehearse
