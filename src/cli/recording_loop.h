// The loop of a process that records one target: ten looks a second, the kernel's log as soon as it
// speaks, and an end to be waited for. It decides nothing: whoever runs it does. It never catches
// up: after a stop, the next look is a tenth of a second away. One thread.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/error.h"
#include "observe/recorder.h"
#include "os/poller.h"

namespace duress::cli {

enum class Woken : std::uint8_t { kTime, kTargetGone, kTargetEnded, kSignal };

class RecordingLoop final {
 public:
  // The recorder and the clock stay the caller's.
  [[nodiscard]] static Result<RecordingLoop> make(observe::Recorder& recorder, const Clock& clock);

  // `fd` stays the caller's; it becomes readable when what `as` names has happened.
  [[nodiscard]] Result<> watch(int fd, Woken as);
  void forget(int fd) { poller_.remove(fd); }
  // Records until something happens, or `until` is reached.
  [[nodiscard]] Result<Woken> run(std::optional<Instant> until);
  // Records until then whatever happens.
  void linger(Instant until);

 private:
  RecordingLoop(observe::Recorder& recorder, const Clock& clock, os::Poller poller);
  bool look();

  observe::Recorder* recorder_;
  const Clock* clock_;
  os::Poller poller_;
  Instant next_;
  int log_ = -1;
  bool gone_ = false;
};

}  // namespace duress::cli
