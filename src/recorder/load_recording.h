// The recording of one load, from the first message of its supervisor to the file's end: what it is
// told goes into the recording, and how it ends decides how long it still looks. It has no loop:
// whoever owns it hands it messages, calls look() ten times a second and when it is due, and closes
// it when it is over. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "observe/recorder.h"

namespace duress::recorder {

class LoadRecording final {
 public:
  explicit LoadRecording(observe::Recorder recorder)
      : recorder_(std::move(recorder)), usage_before_(recorder_.last().memory.usage) {}

  // Of the load's supervisor (protocol.h); what is no message of a load is passed over.
  void take(std::string_view message, Instant now);
  // It has ended, or closed its end of the channel. Without kEnd before: it was killed.
  void supervisor_ended(Instant now);
  // The target's first process.
  void target_ended(Instant now);
  void look(Instant now);
  void hear(Instant now) { recorder_.hear(now); }

  // When it wants to be looked at besides every tenth of a second.
  [[nodiscard]] std::optional<Instant> due() const { return until_; }
  [[nodiscard]] bool is_over() const { return phase_ == Phase::kOver; }
  [[nodiscard]] Result<> close(Instant now) { return recorder_.close(now); }

 private:
  enum class Phase : std::uint8_t {
    kLoad,       // as long as the supervisor tells of it; `until_`: the target is gone meanwhile
    kAfter,      // what follows the target's end
    kUntilBack,  // the supervisor was killed: until the usage is back
    kSettling,   // a kill that nobody has named yet
    kOver,
  };
  void end(const observe::LoadEnd& end, Instant now);
  void linger(Phase phase, Duration time, Instant now);
  void settle(Instant now);  // behind a look
  [[nodiscard]] bool is_back() const;

  observe::Recorder recorder_;
  Bytes usage_before_;
  Phase phase_ = Phase::kLoad;
  std::optional<Instant> until_;
  bool target_gone_ = false;
};

}  // namespace duress::recorder
