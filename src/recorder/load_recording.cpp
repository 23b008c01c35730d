#include "recorder/load_recording.h"

#include "recorder/protocol.h"

namespace duress::recorder {

namespace {

using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSettles = milliseconds(700);
constexpr auto kAfterTheTarget = milliseconds(800);  // to see what followed its end
constexpr auto kBackWithin = seconds(2);
constexpr auto kWithoutTarget = seconds(5);  // a supervisor that is stopped does not keep us

// What a reading may be off by (the CPUs' stocks), and what an application moves by itself.
constexpr Bytes kBack = mib(4);

}  // namespace

void LoadRecording::linger(Phase phase, Duration time, Instant now) {
  phase_ = phase;
  until_ = now + time;
}

void LoadRecording::take(std::string_view message, Instant now) {
  observe::ByteReader in(message);
  const std::uint8_t word = in.byte();
  const bool is_word = word >= static_cast<std::uint8_t>(Word::kBegin) &&
                       word <= static_cast<std::uint8_t>(kLastWord);
  if (phase_ != Phase::kLoad || !is_word) return;
  switch (static_cast<Word>(word)) {
    case Word::kBegin:
      return;
    case Word::kPlan: {
      const observe::LoadPlan plan = observe::decode_plan(in);
      if (in.ok()) recorder_.plan(plan);
      return;
    }
    case Word::kForetold: {
      const observe::Foretold foretold = observe::decode_foretold(in);
      if (in.ok()) recorder_.foretold(foretold);
      return;
    }
    case Word::kEvent: {
      observe::Event event = observe::decode_event(in);
      if (in.ok()) recorder_.tell(std::move(event), now);
      return;
    }
    case Word::kLoad: {
      const Bytes asked{in.signed_number()};
      const Bytes held{in.signed_number()};
      if (in.ok()) recorder_.load(asked, held);
      return;
    }
    case Word::kEnd: {
      const observe::LoadEnd told = observe::decode_end(in);
      if (in.ok()) end(told, now);
      return;
    }
  }
}

void LoadRecording::end(const observe::LoadEnd& end, Instant now) {
  recorder_.load_over();
  recorder_.tell({.kind = EventKind::kLoadEnded, .subject = end.reason, .text = end.message}, now);
  recorder_.end(end);
  if (end.reason == "targetEnded") return linger(Phase::kAfter, kAfterTheTarget, now);
  (void)recorder_.look(now);
  settle(now);
}

void LoadRecording::supervisor_ended(Instant now) {
  if (phase_ != Phase::kLoad) return;
  recorder_.load_over();
  recorder_.tell({.kind = EventKind::kSupervisorKilled,
                  .text = "the process that steered the load was killed; its warden ends the load"},
                 now);
  linger(Phase::kUntilBack, kBackWithin, now);
}

void LoadRecording::target_ended(Instant now) {
  recorder_.target_ended(now);
  if (phase_ == Phase::kLoad) until_ = now + kWithoutTarget;
}

bool LoadRecording::is_back() const {
  const observe::Look& now = recorder_.last();
  return now.workers.value == 0 && now.memory.usage <= usage_before_ + kBack;
}

void LoadRecording::look(Instant now) {
  const bool is_there = recorder_.look(now);
  if (!is_there && !std::exchange(target_gone_, true) && phase_ == Phase::kLoad)
    until_ = now + kWithoutTarget;
  if (phase_ == Phase::kUntilBack && is_back()) return settle(now);
  if (!until_ || now < *until_) return;
  if (phase_ == Phase::kSettling) {
    phase_ = Phase::kOver;
    return;
  }
  settle(now);
}

void LoadRecording::settle(Instant now) {
  if (recorder_.is_unsettled()) return linger(Phase::kSettling, kSettles, now);
  phase_ = Phase::kOver;
}

}  // namespace duress::recorder
