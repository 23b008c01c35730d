// The process that removes what a rehearsal made when the rehearsal itself ends in any way: it
// holds one end of a socketpair and waits for the other to be closed. It starts nothing and watches
// no container. Owned by the rehearsal, forked before anything that it should not inherit; one
// thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "os/fd.h"
#include "rehearse/estate.h"

namespace duress::rehearse {

class Caretaker final {
 public:
  // `lock` is inherited: the rehearsal's place is taken until both have ended.
  [[nodiscard]] static Result<Caretaker> start(const Estate& estate, const os::Fd& lock);
  Caretaker(Caretaker&& other) noexcept;
  Caretaker& operator=(Caretaker&& other) noexcept;
  Caretaker(const Caretaker&) = delete;
  Caretaker& operator=(const Caretaker&) = delete;
  ~Caretaker() { finish(); }

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool alive() const;
  // Lets it do its work and waits for its end.
  void finish();

 private:
  Caretaker(pid_t pid, os::Fd pidfd, os::Fd socket)
      : pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)) {}
  pid_t pid_ = -1;
  os::Fd pidfd_;
  os::Fd socket_;
};

// Shared by the helper processes: a name, a session of their own (Ctrl-C is for the rehearsal), no
// handlers, no terminal, and of all descriptors only `kept`.
void stand_apart(const char* name, const std::vector<int>& kept);

}  // namespace duress::rehearse
