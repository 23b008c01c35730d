// A TCP connection that is being made or stands, for the probes: never blocking, with errors in the
// words of Go's net package, which are those of a kubelet. It speaks no protocol. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "os/fd.h"
#include "rehearse/probe_run.h"

namespace duress::rehearse {

// "10.88.0.2:8080", "[::1]:80".
[[nodiscard]] std::string join_host_port(const std::string& host, int port);

enum class Flow { kGone, kWait, kMore };  // an error or the end; later; there was something

class Connection final {
 public:
  // Begins to connect; a host that is no address fails as a name that nobody knows.
  Connection(const std::string& host, int port, Sockets& sockets);

  [[nodiscard]] int fd() const { return fd_.get(); }
  // True: it stands. False: wait for EPOLLOUT, or error() is not empty.
  [[nodiscard]] bool connected();
  // What could not be sent yet stays in `text`.
  [[nodiscard]] Flow send(std::string& text);
  // Appends at most 16 KiB. kGone with an empty error(): the peer has closed.
  [[nodiscard]] Flow receive(std::string& to);
  // "dial tcp 10.88.0.2:8080: connect: connection refused"
  [[nodiscard]] const std::string& error() const { return error_; }

 private:
  void fail_dial(const std::string& why);
  void fail_stream(const char* what, int error);

  std::string name_;
  os::Fd fd_;
  bool connected_ = false;
  std::string error_;
};

}  // namespace duress::rehearse
