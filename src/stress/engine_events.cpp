// What happens to a run from outside: signals, alarms, workers that end: see engine.h.
#include <sys/wait.h>

#include <algorithm>
#include <csignal>

#include "base/text.h"
#include "os/process.h"
#include "stress/engine.h"
#include "stress/engine_ids.h"

namespace duress::stress {

namespace {

using std::chrono::seconds;

constexpr auto kFirstBackOff = seconds(1);
constexpr auto kLastBackOff = seconds(8);

}  // namespace

void Engine::heed(const std::vector<os::Ready>& ready) {
  for (const os::Ready& item : ready) {
    if (item.tag == kSignals) take_signal();
    if (item.tag == kWarden) take_ended();
    if (item.tag == kNotify) {
      memory_->drain_notify();
      if (auto failure = memory_->failure()) end(EndReason::kFailed, *failure);
    }
    if (item.tag == kWatched) target_ended();
    if (item.tag >= kAlarm && item.tag - kAlarm < alarms_.size()) {
      const Alarm& alarm = alarms_[item.tag - kAlarm];
      world_.tactics.acknowledge(alarm);
      on_alarms(alarm.met);
    }
  }
}

void Engine::target_ended() {
  take_ended();  // a worker's end, which may be what the counter tells of
  const bool killed = oom_kills() > oom_kills_explained_;
  end(EndReason::kTargetEnded, killed ? "the target's process has ended: the OOM killer took it"
                                      : "the target's process has ended");
}

void Engine::take_signal() {
  const int signal = os::next_signal(world_.signals);
  if (signal == 0) return;
  const char* const name = signal == SIGINT ? "Ctrl-C" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
  end(EndReason::kSignal, std::string("ended by ") + name);
}

// The OOM killer would have come (v1), or the tripwire below the limit was passed (v2).
void Engine::on_alarms(bool met) {
  if (!memory_ || ending_) return;
  if (setting_.plan.memory->load.when_oom.policy != spec::OomPolicy::kStressorFirst) {
    alarmed_ = alarmed_ || met;
    return;
  }
  if (!look()) return;
  const auto room = headroom(sight_.levels, sight_.use.inactive_file);
  constexpr Bytes kAtHand = mib(14);
  if (!met && room && *room > kAtHand) return;  // page cache that is being reclaimed, no shortage
  const auto victim = memory_->largest();
  if (!victim || !ended_by_us_.empty()) return;
  ended_by_us_.push_back(*victim);
  (void)world_.warden.end(*victim);
}

void Engine::take_ended() {
  while (true) {
    auto event = world_.warden.next_ended();
    if (!event) {
      warden_gone_ = true;
      program_alive_ = false;
      poller_->remove(world_.warden.fd());
      return end(EndReason::kFailed, "the warden was killed, and the workers with it");
    }
    if (!*event) return;
    worker_ended(**event);
  }
}

// Killed with the target's PID namespace: what has ended is the target.
bool Engine::ended_with_target(const Event& event) const {
  return WIFSIGNALED(event.status) && world_.target.init > 0 && os::is_exiting(world_.target.init);
}

void Engine::worker_ended(const Event& event) {
  if (event.id == kProgramId) {
    program_alive_ = false;
    if (ending_) return;
    const bool well = WIFEXITED(event.status) && WEXITSTATUS(event.status) == 0;
    const std::string how = WIFEXITED(event.status)
                                ? "exit code " + std::to_string(WEXITSTATUS(event.status))
                                : "signal " + std::to_string(WTERMSIG(event.status));
    return end(well ? EndReason::kDeadline : EndReason::kFailed,
               "stress-ng ended by itself, " + how);
  }
  if (cpu_ && cpu_->ended(event.id)) {
    if (!ending_ && ended_with_target(event)) target_ended();
    if (ending_) return;
    return end(EndReason::kFailed,
               cpu_->failure().value_or("a CPU worker was killed by signal " +
                                        std::to_string(WTERMSIG(event.status))));
  }
  if (!memory_ || !memory_->ended(event.id) || ending_) return;
  if (ended_with_target(event)) return target_ended();
  memory_worker_died(event);
}

void Engine::memory_worker_died(const Event& event) {
  if (auto failure = memory_->failure()) return end(EndReason::kFailed, *failure);
  if (WIFEXITED(event.status)) {
    return end(EndReason::kHeldUp,
               "a worker gave its memory back because its lease ran out: this process was held up "
               "for too long");
  }
  const std::int64_t kills = oom_kills();
  const bool ours = std::erase(ended_by_us_, event.id) > 0;
  const bool by_kernel = !ours && kills > oom_kills_explained_;
  if (by_kernel) ++oom_kills_explained_;
  ++outcome_.kills;
  const auto limit = cgroup::effective_limit(sight_.levels);
  const std::string at = "at " + format_bytes(std::max(sight_.use.usage, usage_a_look_ago_)) +
                         (limit ? " of " + format_bytes(limit->limit) : std::string());
  // By then the usage has fallen; what it was is the limit.
  const std::string at_the_limit =
      limit ? " at the limit of " + format_bytes(limit->limit) : std::string();
  const std::string what = ours ? "ended a worker " + at + ", before the limit took the application"
                           : by_kernel ? "the OOM killer took a worker" + at_the_limit
                                       : "a worker was killed from outside (signal " +
                                             std::to_string(WTERMSIG(event.status)) + ")";
  happened(what);
  const spec::WhenOom& rule = setting_.plan.memory->load.when_oom;
  const bool without_end = rule.then == spec::Then::kRegrow && rule.max_kills <= 1;
  if (!without_end && outcome_.kills >= std::max(1, rule.max_kills)) {
    return end(EndReason::kStressorKilled, what);
  }
  back_off_ = back_off_.count() == 0 ? Duration(kFirstBackOff)
                                     : std::min<Duration>(back_off_ * 2, kLastBackOff);
  regrowths_.emplace_back(event.id, sight_.now + back_off_);
}

void Engine::regrow() {
  for (std::size_t i = 0; i < regrowths_.size();) {
    if (sight_.now < regrowths_[i].second) {
      ++i;
      continue;
    }
    const std::uint32_t id = regrowths_[i].first;
    regrowths_.erase(regrowths_.begin() + static_cast<std::ptrdiff_t>(i));
    if (auto replaced = memory_->replace(id, world_.warden, sight_.now); !replaced) {
      return end(EndReason::kFailed, replaced.error().message);
    }
  }
}

}  // namespace duress::stress
