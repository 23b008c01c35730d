// The warden, as the supervisor sees it: the one process with rights. It places workers, changes
// and restores cgroup files, ends workers, and cleans up when the supervisor is gone. It does not
// steer and knows nothing of loads. Started before anything else; owned by the run; one thread.
#pragma once

#include <sys/types.h>

#include <deque>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "os/fd.h"
#include "stress/journal.h"
#include "stress/warden_protocol.h"

namespace duress::stress {

// Where and as what workers are placed. The descriptors stay the caller's.
struct Placement {
  Kind kind = Kind::kMemory;
  int control = -1;           // memfd of control pages
  int notify = -1;            // eventfd
  std::vector<int> joins;     // v1: directories of the trees to join
  int into = -1;              // v2: directory of the cgroup to start in
  int outside = -1;           // v2: directory of the toucher's cgroup
  int pid_namespace_of = -1;  // pidfd
  int oom_score_adj = 0;
  int nice = 0;
};

class Warden final {
 public:
  // Forks it. Call before threads, and before anything that the warden should not inherit.
  [[nodiscard]] static Result<Warden> start(Journal& journal);
  Warden(Warden&&) noexcept = default;
  Warden& operator=(Warden&&) noexcept = default;

  // Starts `count` workers with ids `first_id`..., pages `first_slot`...; their PIDs, or the reason
  // and none of them.
  [[nodiscard]] Result<std::vector<pid_t>> place(const Placement& placement, std::uint32_t first_id,
                                                 std::uint32_t first_slot, std::uint32_t count);
  [[nodiscard]] Result<pid_t> run_program(const Placement& placement, int program, int arguments,
                                          std::uint32_t id);
  [[nodiscard]] Result<> end(std::uint32_t id);
  [[nodiscard]] Result<> change(const std::string& directory, const std::string& file,
                                const std::string& value);
  [[nodiscard]] Result<os::Fd> make_child(const std::string& directory, const std::string& name);
  [[nodiscard]] Result<> undo();

  // The next worker that ended, if any; kGone once the warden itself is gone.
  [[nodiscard]] Result<std::optional<Event>> next_ended();
  [[nodiscard]] int fd() const { return socket_.get(); }  // readable: next_ended()
  [[nodiscard]] pid_t pid() const { return pid_; }
  // Closes the socket: it cleans up and ends. Waits for that.
  void finish();

 private:
  Warden(pid_t pid, os::Fd socket) : pid_(pid), socket_(std::move(socket)) {}
  [[nodiscard]] Result<std::vector<os::Fd>> answer(Event& event);
  [[nodiscard]] Result<> plain(const Request& request, std::span<const int> fds);

  pid_t pid_ = -1;
  os::Fd socket_;
  std::deque<Event> ended_;  // that came while an answer was waited for
};

// The warden's own side: serves until the supervisor's end of `socket` is closed, then cleans up.
// Never returns.
[[noreturn]] void warden_main(os::Fd socket, Journal& journal);

}  // namespace duress::stress
