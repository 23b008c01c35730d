// One probe over the network while it is under way: HTTP, TCP or gRPC, never blocking, bounded in
// memory whatever the answer is. It knows no thresholds (probe_worker.h) and keeps no time: who
// runs it polls its fd, and ends it when its time is over. Owned by the rehearsal; one thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/error.h"
#include "os/fd.h"
#include "rehearse/state.h"
#include "spec/probe.h"

namespace duress::rehearse {

// Of a success, a message is a kubelet's warning.
struct ProbeDone {
  ProbeOutcome outcome = ProbeOutcome::kSuccess;
  std::string message{};
};

// Gives non-blocking TCP sockets of the right network namespace.
class Sockets {
 public:
  virtual ~Sockets() = default;
  [[nodiscard]] virtual Result<os::Fd> socket(bool ipv6) = 0;
};

class ProbeRun {
 public:
  virtual ~ProbeRun() = default;
  // What to wait for; both may be others after go_on().
  [[nodiscard]] virtual int fd() const = 0;
  [[nodiscard]] virtual std::uint32_t events() const = 0;
  // The first call begins. Unset: wait for fd().
  [[nodiscard]] virtual std::optional<ProbeDone> go_on() = 0;
  [[nodiscard]] virtual ProbeDone timed_out() const = 0;
};

// `host`: where no host is asked for. Null for an exec probe, which needs no network.
[[nodiscard]] std::unique_ptr<ProbeRun> make_probe_run(const spec::Probe& probe,
                                                       const std::string& host, Sockets& sockets);

[[nodiscard]] std::unique_ptr<ProbeRun> make_http_run(const spec::HttpGet& get,
                                                      const std::string& host, Sockets& sockets);
[[nodiscard]] std::unique_ptr<ProbeRun> make_tcp_run(const std::string& host, int port,
                                                     Sockets& sockets);
[[nodiscard]] std::unique_ptr<ProbeRun> make_grpc_run(const spec::Grpc& grpc,
                                                      const std::string& host,
                                                      std::chrono::seconds timeout,
                                                      Sockets& sockets);

}  // namespace duress::rehearse
