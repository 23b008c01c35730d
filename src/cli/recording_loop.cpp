#include "cli/recording_loop.h"

#include <algorithm>

namespace duress::cli {

namespace {

constexpr std::uint64_t kLog = 1000;

}  // namespace

RecordingLoop::RecordingLoop(observe::Recorder& recorder, const Clock& clock, os::Poller poller)
    : recorder_(&recorder),
      clock_(&clock),
      poller_(std::move(poller)),
      next_(clock.now() + observe::kLookEvery),
      log_(recorder.log_fd()) {}

Result<RecordingLoop> RecordingLoop::make(observe::Recorder& recorder, const Clock& clock) {
  auto poller = os::Poller::make();
  if (!poller) return std::unexpected(poller.error());
  RecordingLoop out(recorder, clock, std::move(*poller));
  if (out.log_ >= 0) {
    if (auto added = out.poller_.add(out.log_, kLog); !added) return std::unexpected(added.error());
  }
  return out;
}

Result<> RecordingLoop::watch(int fd, Woken as) {
  return poller_.add(fd, static_cast<std::uint64_t>(as));
}

bool RecordingLoop::look() {
  const Instant now = clock_->now();
  next_ = std::max(next_ + observe::kLookEvery, now + observe::kLookEvery / 2);
  return recorder_->look(now);
}

Result<Woken> RecordingLoop::run(std::optional<Instant> until) {
  while (true) {
    const Instant now = clock_->now();
    if (until && now >= *until) return Woken::kTime;
    if (now >= next_ && !look() && !std::exchange(gone_, true)) return Woken::kTargetGone;
    auto ready = poller_.wait(std::min(next_, until.value_or(next_)) - clock_->now());
    if (!ready) return std::unexpected(ready.error());
    std::optional<Woken> woken;
    for (const os::Ready& one : *ready) {
      if (one.tag == kLog) {
        recorder_->hear(clock_->now());
        if (recorder_->log_fd() < 0) poller_.remove(log_);  // it could not be read any more
      } else if (!woken || one.tag < static_cast<std::uint64_t>(*woken)) {
        woken = static_cast<Woken>(one.tag);
      }
    }
    if (woken) return *woken;
  }
}

void RecordingLoop::linger(Instant until) {
  while (clock_->now() < until) {
    if (!run(until)) return;
  }
}

}  // namespace duress::cli
