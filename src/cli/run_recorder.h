// The recorder of a run as its supervisor sees it: a process of its own, so that it neither slows
// the engine nor dies with it. The supervisor tells it of the load over a socket and never waits:
// what does not fit is dropped. Killed, the supervisor is missed, and the recording says so. Made
// before the journal and the warden, whose descriptors it must not hold open. One thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "cgroup/target.h"
#include "observe/recorder.h"
#include "os/fd.h"

namespace duress::cli {

class RunRecorder final {
 public:
  // Makes the file and forks. The target is the recorder's own.
  [[nodiscard]] static Result<RunRecorder> start(const observe::RecorderSetting& setting,
                                                 cgroup::Target target);
  RunRecorder(RunRecorder&&) noexcept = default;
  RunRecorder& operator=(RunRecorder&&) noexcept = default;

  void plan(const observe::LoadPlan& plan);
  void foretold(const observe::Foretold& foretold);
  void event(observe::EventKind kind, const std::string& text);
  void load(Bytes asked, Bytes held);  // told when it differs from what was told last
  // Waits for the file to be closed, two seconds at most. Empty: the recording is whole; else why
  // it is not.
  [[nodiscard]] std::string finish(const observe::LoadEnd& end);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  RunRecorder(std::string path, pid_t pid, os::Fd pidfd, os::Fd socket);
  // False: it did not fit.
  [[nodiscard]] bool send(const std::string& message);

  std::string path_;
  pid_t pid_ = -1;
  os::Fd pidfd_;
  os::Fd socket_;
  std::optional<std::pair<Bytes, Bytes>> told_load_;
};

}  // namespace duress::cli
