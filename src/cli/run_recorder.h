// The recorder of a run as its supervisor sees it: another process, so that it neither slows the
// engine nor dies with it; one of the run's own, or one that records for many. The supervisor tells
// it of the load over a channel and never waits: what does not fit is dropped. Killed, the
// supervisor is missed, and the recording says so. One thread.
#pragma once

#include <optional>
#include <string>
#include <utility>

#include "base/error.h"
#include "observe/recorder.h"
#include "os/fd.h"
#include "recorder/recorder_process.h"

namespace duress::cli {

class RunRecorder final {
 public:
  // Makes the file, and waits for the recorder's first look. `cgroup`: the target's path.
  // `channel`: to a recorder that records for many; not valid, or that one is gone: one of its own
  // is started.
  [[nodiscard]] static Result<RunRecorder> start(const observe::RecorderSetting& setting,
                                                 const std::string& cgroup, os::Fd channel);
  RunRecorder(RunRecorder&&) noexcept = default;
  RunRecorder& operator=(RunRecorder&&) = delete;

  void plan(const observe::LoadPlan& plan);
  void foretold(const observe::Foretold& foretold);
  void event(observe::EventKind kind, const std::string& text);
  void load(Bytes asked, Bytes held);  // told when it differs from what was told last
  // Waits for the file to be closed, two seconds at most. Empty: the recording is whole; else why
  // it is not.
  [[nodiscard]] std::string finish(const observe::LoadEnd& end);
  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  RunRecorder(std::string path, std::optional<recorder::RecorderProcess> own, os::Fd channel)
      : path_(std::move(path)), own_(std::move(own)), channel_(std::move(channel)) {}
  // False: it did not fit.
  [[nodiscard]] bool send(const std::string& message);

  std::string path_;
  std::optional<recorder::RecorderProcess> own_;
  os::Fd channel_;
  std::optional<std::pair<Bytes, Bytes>> told_load_;
};

}  // namespace duress::cli
