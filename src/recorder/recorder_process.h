// The process that records loads, as those see it who start it: it neither slows an engine nor dies
// with one. A run has one of its own, a node's launcher has one for all its loads. It is handed a
// channel for each load, over which the load's supervisor says what is to be recorded (protocol.h),
// and ends by itself when nobody can hand it another and the last recording is closed: two seconds
// after a supervisor was killed, at most. It opens the kernel's log and then has no rights. Forked
// before its maker has descriptors that it must not hold. Owned by its maker; one thread.
#pragma once

#include <sys/types.h>

#include <utility>

#include "base/error.h"
#include "os/fd.h"

namespace duress::recorder {

class RecorderProcess final {
 public:
  [[nodiscard]] static Result<RecorderProcess> start();
  RecorderProcess(RecorderProcess&&) noexcept = default;
  RecorderProcess& operator=(RecorderProcess&&) = delete;
  // Waits for the recordings to be closed, some seconds at most.
  ~RecorderProcess();

  // The supervisor's end of a new channel. kGone: the process has ended.
  [[nodiscard]] Result<os::Fd> channel();
  [[nodiscard]] bool has_ended() const;

 private:
  RecorderProcess(pid_t pid, os::Fd process, os::Fd control)
      : pid_(pid), process_(std::move(process)), control_(std::move(control)) {}

  pid_t pid_;
  os::Fd process_;
  os::Fd control_;
};

// The process's own side: serves until `control` is closed and the last recording too.
[[noreturn]] void recorder_main(const os::Fd& control);

}  // namespace duress::recorder
