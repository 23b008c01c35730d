// Recordings as files: appended to while they are made, and read whole. Every record is handed to
// the kernel when it is told, so that what was written survives the writer's death; it is not
// synced to the disk until it is closed. What the bytes mean is recording_coding.h's. A writer is
// owned by the one recorder that fills it; one thread.
#pragma once

#include <string>

#include "base/error.h"
#include "observe/recording.h"
#include "observe/recording_coding.h"
#include "os/fd.h"

namespace duress::observe {

// An empty file to be written to. `must_be_new`: else an older one of that name is overwritten.
[[nodiscard]] Result<os::Fd> make_recording_file(const std::string& path, bool must_be_new = false);

class RecordingWriter final {
 public:
  // `path`: what the file is called to people.
  [[nodiscard]] static Result<RecordingWriter> begin(os::Fd file, const std::string& path,
                                                     const Header& header);
  [[nodiscard]] static Result<RecordingWriter> create(const std::string& path,
                                                      const Header& header);

  [[nodiscard]] Result<> plan(const LoadPlan& plan) { return append(encoder_.plan(plan)); }
  [[nodiscard]] Result<> foretold(const Foretold& foretold) {
    return append(encoder_.foretold(foretold));
  }
  [[nodiscard]] Result<> look(const Look& look) { return append(encoder_.look(look)); }
  [[nodiscard]] Result<> event(const Event& event) { return append(encoder_.event(event)); }
  [[nodiscard]] Result<> end(const LoadEnd& end) { return append(encoder_.end(end)); }
  // Says that the recording is whole. Nothing may follow.
  [[nodiscard]] Result<> close();

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::int64_t bytes() const { return bytes_; }

 private:
  RecordingWriter(std::string path, os::Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
  [[nodiscard]] Result<> append(const std::string& bytes);

  std::string path_;
  os::Fd fd_;
  RecordingEncoder encoder_;
  std::int64_t bytes_ = 0;
};

// What was recorded, as far as it can be read: one that was cut off or damaged says so in `damage`.
// kNotFound, kUsage (no recording), kUnsupported (of a newer version).
[[nodiscard]] Result<Recording> read_recording(const std::string& path);

}  // namespace duress::observe
