// The process that starts containers, as the rehearsal sees it: PID 1 of a PID namespace of its
// own, so that with it everything in all containers ends. It makes Pods' namespaces, starts
// containers and commands in them, and opens sockets there; it decides nothing and knows no probe.
// Owned by the rehearsal; one thread, whose end is the end of the process and of the containers.
#pragma once

#include <sys/types.h>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/fd.h"
#include "rehearse/runtime_plan.h"
#include "rehearse/runtime_protocol.h"

namespace duress::rehearse {

struct Ended {
  std::uint32_t key = 0;
  int status = 0;  // of wait(2)
};

// Where and as what a process is started.
struct Start {
  std::uint32_t key = 0;
  std::size_t pod = 0;
  std::size_t container = 0;
  std::string cgroup{};  // below the mounts
};

struct Started {
  os::Fd pidfd{};
  pid_t pid = 0;
  os::Fd output{};  // what it writes; non-blocking
  os::Fd report{};  // at its end: empty, it executes; otherwise why it could not. Non-blocking
};

class Runtime final {
 public:
  [[nodiscard]] static Result<Runtime> start(const RuntimePlan& plan);
  Runtime(Runtime&& other) noexcept;
  Runtime& operator=(Runtime&& other) = delete;
  Runtime(const Runtime&) = delete;
  Runtime& operator=(const Runtime&) = delete;
  ~Runtime() { finish(); }

  [[nodiscard]] Result<> make_pod(std::size_t pod);
  [[nodiscard]] Result<Started> start(const Start& start);
  [[nodiscard]] Result<Started> exec(const Start& start, Command command, const os::Fd& container);
  [[nodiscard]] Result<os::Fd> socket(std::size_t pod, bool ipv6);
  // kGone: it has ended, and all containers with it.
  [[nodiscard]] Result<std::optional<Ended>> next_ended();
  [[nodiscard]] int fd() const { return socket_.get(); }
  // Ends it and all containers, at once, and waits for that.
  void finish();

 private:
  Runtime(pid_t pid, os::Fd socket) : pid_(pid), socket_(std::move(socket)) {}
  [[nodiscard]] Result<std::vector<os::Fd>> ask(const RuntimeRequest& request,
                                                std::span<const int> fds);
  [[nodiscard]] Result<Started> run(RuntimeRequest request, const Start& start,
                                    const os::Fd* container);

  pid_t pid_ = -1;
  os::Fd socket_;
  std::deque<Ended> ended_;
};

// The process's own side; never returns.
[[noreturn]] void runtime_main(os::Fd socket, const RuntimePlan& plan);

}  // namespace duress::rehearse
