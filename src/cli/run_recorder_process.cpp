#include "cli/run_recorder_process.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <memory>

#include "cli/recording_loop.h"
#include "cli/run_recorder_protocol.h"
#include "os/privileges.h"
#include "os/process.h"
#include "os/stand_apart.h"

namespace duress::cli {

namespace {

using observe::EventKind;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kSettles = milliseconds(700);         // a kill that nobody has named yet
constexpr auto kAfterTheTarget = milliseconds(800);  // to see what followed its end
constexpr auto kUntilBack = seconds(2);
constexpr auto kWithoutTarget = seconds(5);  // a supervisor that is stopped does not keep us

// What a reading may be off by (the CPUs' stocks), and what an application moves by itself.
constexpr Bytes kBack = mib(4);

class RecorderProcess final {
 public:
  RecorderProcess(observe::Recorder& recorder, RecordingLoop& loop, const os::Fd& inbox)
      : recorder_(recorder),
        loop_(loop),
        inbox_(inbox),
        usage_before_(recorder.last().memory.usage) {}

  void serve(const os::Fd& supervisor, const os::Fd& target);

 private:
  void take_messages();
  void take(std::string_view message);
  void supervisor_killed();
  [[nodiscard]] bool is_back() const;

  observe::Recorder& recorder_;
  RecordingLoop& loop_;
  const os::Fd& inbox_;
  const SystemClock clock_;
  Bytes usage_before_;
  bool ended_ = false;   // the load, with a word
  bool closed_ = false;  // the inbox
  std::string reason_;
};

void RecorderProcess::take(std::string_view message) {
  observe::ByteReader in(message);
  const std::uint8_t word = in.byte();
  if (word < static_cast<std::uint8_t>(Word::kPlan) || word > static_cast<std::uint8_t>(kLastWord))
    return;
  switch (static_cast<Word>(word)) {
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
      if (in.ok()) recorder_.tell(std::move(event), clock_.now());
      return;
    }
    case Word::kLoad: {
      const Bytes asked{in.signed_number()};
      const Bytes held{in.signed_number()};
      if (in.ok()) recorder_.load(asked, held);
      return;
    }
    case Word::kEnd: {
      const observe::LoadEnd end = observe::decode_end(in);
      if (!in.ok()) return;
      ended_ = true;
      reason_ = end.reason;
      recorder_.load_over();
      recorder_.tell({.kind = EventKind::kLoadEnded, .subject = end.reason, .text = end.message},
                     clock_.now());
      recorder_.end(end);
      return;
    }
  }
}

void RecorderProcess::take_messages() {
  // Not cleared: of a page that is not written to there is none, and a node has many recorders.
  const auto buffer = std::make_unique_for_overwrite<char[]>(kMostMessage);
  while (!closed_) {
    const ssize_t got = ::recv(inbox_.get(), buffer.get(), kMostMessage, MSG_DONTWAIT);
    if (got < 0) return;
    closed_ = got == 0;
    if (got > 0) take({buffer.get(), static_cast<std::size_t>(got)});
  }
  loop_.forget(inbox_.get());
}

bool RecorderProcess::is_back() const {
  const observe::Look& now = recorder_.last();
  return now.workers.value == 0 && now.memory.usage <= usage_before_ + kBack;
}

void RecorderProcess::supervisor_killed() {
  recorder_.load_over();
  recorder_.tell({.kind = EventKind::kSupervisorKilled,
                  .text = "the process that steered the load was killed; its warden ends the load"},
                 clock_.now());
  const Instant until = clock_.now() + kUntilBack;
  while (clock_.now() < until) {
    loop_.linger(std::min(until, clock_.now() + observe::kLookEvery));
    if (is_back()) return;
  }
}

void RecorderProcess::serve(const os::Fd& supervisor, const os::Fd& target) {
  std::optional<Instant> until;
  bool killed = false;
  while (!ended_ && !killed) {
    auto woken = loop_.run(until);
    if (!woken || (*woken == Woken::kTime && until)) break;
    if (*woken == Woken::kInbox || *woken == Woken::kSupervisor) take_messages();
    killed = *woken == Woken::kSupervisor || (closed_ && !ended_);
    if (*woken == Woken::kTargetEnded) {
      recorder_.target_ended(clock_.now());
      loop_.forget(target.get());
    }
    if (*woken == Woken::kTargetEnded || *woken == Woken::kTargetGone)
      until = clock_.now() + kWithoutTarget;
  }
  loop_.forget(supervisor.get());
  loop_.forget(inbox_.get());
  if (killed && !ended_) supervisor_killed();
  if (reason_ == "targetEnded") loop_.linger(clock_.now() + kAfterTheTarget);
  (void)recorder_.look(clock_.now());
  if (recorder_.is_unsettled()) loop_.linger(clock_.now() + kSettles);
}

}  // namespace

void record_run(observe::Recorder recorder, const os::Fd& inbox, const os::Fd& supervisor,
                pid_t target_init) {
  os::stand_apart("duress-recorder");
  (void)os::drop_capabilities();
  const SystemClock clock;
  os::Fd target;
  if (target_init > 0) {
    if (auto opened = os::pidfd_open(target_init)) target = std::move(*opened);
  }
  auto loop = RecordingLoop::make(recorder, clock);
  if (!loop || !loop->watch(inbox.get(), Woken::kInbox) ||
      !loop->watch(supervisor.get(), Woken::kSupervisor) ||
      (target && !loop->watch(target.get(), Woken::kTargetEnded))) {
    ::_exit(1);
  }
  RecorderProcess(recorder, *loop, inbox).serve(supervisor, target);
  ::_exit(recorder.close(clock.now()) ? 0 : 1);
}

}  // namespace duress::cli
