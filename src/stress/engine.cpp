#include "stress/engine.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "base/text.h"
#include "os/process.h"

namespace duress::stress {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kReadParts = seconds(1);  // of memory.stat, where nothing steers by it
constexpr auto kFollowLimit = milliseconds(250);
constexpr auto kRenewLease = seconds(1);
constexpr auto kSampleEvery = seconds(1);
constexpr auto kReleasePatience = seconds(3);
constexpr auto kKillPatience = seconds(3);
constexpr auto kFirstBackOff = seconds(1);
constexpr auto kLastBackOff = seconds(8);
constexpr auto kShortPatience = seconds(2);
constexpr double kShortBy = 0.01;  // of a core

constexpr std::uint32_t kMemoryIds = 0;
constexpr std::uint32_t kCpuIds = 100'000;
constexpr std::uint32_t kProgramId = 200'000;

enum Tag : std::uint64_t { kSignals = 1, kWarden, kNotify, kWatched, kAlarm = 1000 };

std::string cores(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", value);
  return text;
}

}  // namespace

Engine::Engine(const World& world, RunSetting setting)
    : world_(world), setting_(std::move(setting)) {}
Engine::~Engine() = default;

Duration Engine::since_start() const { return world_.clock.now() - start_; }

std::int64_t Engine::oom_kills() const {
  const auto counts = world_.target.memory->oom();
  return counts ? counts->kills : oom_kills_seen_;
}

void Engine::happened(std::string what) {
  outcome_.happenings.push_back({since_start(), std::move(what)});
  world_.listener.happened(outcome_.happenings.back());
}

void Engine::end(EndReason reason, std::string message) {
  if (!ending_) ending_ = Ending{reason, std::move(message)};
}

bool Engine::anything_alive() const {
  return (memory_ && memory_->alive() > 0) || (cpu_ && cpu_->alive() > 0) || program_alive_;
}

Result<> Engine::watch() {
  auto poller = os::Poller::make();
  if (!poller) return std::unexpected(poller.error());
  poller_ = std::move(*poller);
  if (auto added = poller_->add(world_.signals.get(), kSignals); !added) return added;
  if (auto added = poller_->add(world_.warden.fd(), kWarden); !added) return added;
  for (const pid_t pid : {world_.target.init, setting_.watched}) {
    if (pid <= 0) continue;
    auto process = os::pidfd_open(pid);
    if (!process) {
      return fail(Code::kGone,
                  "process " + std::to_string(pid) + " of the target has ended meanwhile");
    }
    if (auto added = poller_->add(process->get(), kWatched); !added) return added;
    watched_.push_back(std::move(*process));
  }
  return {};
}

Result<> Engine::start_program() {
  auto placement = world_.tactics.placement(Kind::kBoth, world_.warden);
  if (!placement) return std::unexpected(placement.error());
  placement->oom_score_adj =
      std::max(setting_.observed.init_oom_score_adj, setting_.observed.own_oom_score_adj);
  const os::Fd program(::open(setting_.program->path.c_str(), O_PATH | O_CLOEXEC));
  if (!program) return fail_errno(errno, "open " + setting_.program->path);
  std::string text;
  for (const std::string& argument : setting_.program->arguments) text += argument + '\0';
  auto arguments = os::sealed_memfd("duress-arguments", text.data(), text.size());
  if (!arguments) return std::unexpected(arguments.error());
  auto pid = world_.warden.run_program(*placement, program.get(), arguments->get(), kProgramId);
  if (!pid) return std::unexpected(pid.error());
  program_alive_ = true;
  return {};
}

Result<> Engine::start() {
  start_ = world_.clock.now();
  if (setting_.duration) deadline_ = start_ + *setting_.duration;
  if (auto watching = watch(); !watching) return watching;
  if (!look()) return fail(Code::kGone, "the target's cgroup was removed meanwhile");
  outcome_.usage_before = outcome_.usage_peak = sight_.use.usage;
  oom_kills_before_ = oom_kills_seen_ = oom_kills();
  cpu_before_ = cpu_now_;
  const Plan& plan = setting_.plan;
  const std::optional<Instant> worker_deadline =
      deadline_ ? std::optional(*deadline_ + kReleasePatience) : std::nullopt;
  if (plan.memory) {
    auto alarms =
        world_.tactics.arm(plan.memory->load.when_oom.policy, sight_.levels, world_.warden);
    if (!alarms) return std::unexpected(alarms.error());
    alarms_ = std::move(*alarms);
    for (std::size_t i = 0; i < alarms_.size(); ++i) {
      if (auto added = poller_->add(alarms_[i].fd.get(), kAlarm + i, alarms_[i].events); !added)
        return added;
    }
    auto load = MemoryLoad::make({.plan = *plan.memory,
                                  .start = start_,
                                  .deadline = worker_deadline,
                                  .fill_cpus = setting_.observed.node_cpus,
                                  .address_space = setting_.observed.node_total,
                                  .seed = setting_.seed,
                                  .apart = world_.tactics.fills_from_outside(),
                                  .first_id = kMemoryIds});
    if (!load) return std::unexpected(load.error());
    memory_ = std::move(*load);
    if (auto added = poller_->add(memory_->notify_fd(), kNotify); !added) return added;
    auto placement = world_.tactics.placement(Kind::kMemory, world_.warden);
    if (!placement) return std::unexpected(placement.error());
    if (!watched_.empty()) placement->pid_namespace_of = watched_.front().get();
    // The first orders are there before the worker is: it starts to fill as soon as it can.
    if (auto placed = memory_->place(*placement, world_.warden, start_); !placed) return placed;
    (void)memory_->tick(sight_);
  }
  if (plan.cpu) {
    auto load =
        CpuLoad::make({.plan = *plan.cpu, .deadline = worker_deadline, .first_id = kCpuIds});
    if (!load) return std::unexpected(load.error());
    cpu_ = std::move(*load);
    auto placement = world_.tactics.placement(Kind::kCpu, world_.warden);
    if (!placement) return std::unexpected(placement.error());
    if (!watched_.empty()) placement->pid_namespace_of = watched_.front().get();
    placement->oom_score_adj =
        std::max(setting_.observed.init_oom_score_adj, setting_.observed.own_oom_score_adj);
    if (auto placed = cpu_->place(*placement, world_.warden, start_); !placed) return placed;
  }
  if (setting_.program) {
    if (auto started = start_program(); !started) return started;
  }
  lease_renewed_ = last_sample_ = limit_followed_ = start_;
  next_sample_ = start_ + kSampleEvery;
  return {};
}

// False: the cgroup is gone.
bool Engine::look() {
  const Instant now = world_.clock.now();
  sight_.now = now;
  sight_.alarmed = std::exchange(alarmed_, false);
  auto levels = world_.target.memory->levels();
  if (!levels || levels->empty()) return false;
  usage_a_look_ago_ = sight_.use.usage;
  sight_.levels = std::move(*levels);
  const bool steered_by_parts = setting_.plan.memory &&
                                setting_.plan.memory->load.mode == spec::Mode::kReach &&
                                setting_.plan.memory->load.metric != spec::Metric::kUsage;
  if (steered_by_parts || now - parts_read_ >= kReadParts) {
    auto use = world_.target.memory->read();
    if (!use) return false;
    sight_.use = *use;
    parts_read_ = now;
    if (world_.target.cpu) {
      if (auto cpu = world_.target.cpu->read()) cpu_now_ = *cpu;
    }
  } else {
    sight_.use.usage = sight_.levels.front().usage;
  }
  outcome_.usage_peak = std::max(outcome_.usage_peak, sight_.use.usage);
  return true;
}

Result<Outcome> Engine::run() {
  if (auto started = start(); !started) {
    release();
    verify();
    Error error = started.error();
    for (const std::string& left : outcome_.left_behind) error.message += "; left behind: " + left;
    return std::unexpected(error);
  }
  loop();
  sample(true);
  release();
  verify();
  outcome_.reason = ending_->reason;
  outcome_.message = ending_->message;
  return outcome_;
}

void Engine::loop() {
  while (!ending_) {
    const Duration next = tick();
    if (ending_) return;
    auto ready = poller_->wait(next);
    if (!ready) return end(EndReason::kFailed, ready.error().message);
    heed(*ready);
  }
}

Duration Engine::tick() {
  if (!look()) {
    end(EndReason::kTargetEnded, "the target's cgroup was removed");
    return Duration(0);
  }
  const Instant now = sight_.now;
  if (deadline_ && now >= *deadline_) {
    end(EndReason::kDeadline, "the time asked for is over");
    return Duration(0);
  }
  check_guard();
  Duration next = milliseconds(100);
  if (deadline_) next = std::min<Duration>(next, *deadline_ - now);
  if (now - lease_renewed_ >= kRenewLease) {
    if (memory_) memory_->renew_lease(now);
    if (cpu_) cpu_->renew_lease(now);
    lease_renewed_ = now;
  }
  if (memory_) {
    follow_limit();
    regrow();
    // Refused by a cgroup whose OOM killer is held off: the kernel would have come for somebody.
    if (memory_->blocked()) on_alarms(true);
    next = std::min(next, memory_->tick(sight_));
    const bool there = memory_->settled() && !memory_->yielding() &&
                       memory_->asked(now) >= setting_.plan.memory->size;
    if (there && !outcome_.reached) {
      outcome_.reached = now - start_;
      world_.listener.reached(*outcome_.reached);
    }
  }
  if (cpu_) {
    std::chrono::nanoseconds used{0};
    if (setting_.plan.cpu->load.mode == spec::Mode::kReach && world_.target.cpu) {
      if (auto cpu = world_.target.cpu->read()) cpu_now_ = *cpu;
      used = cpu_now_.usage;
    }
    next = std::min(next, cpu_->tick(now, used));
  }
  if (now >= next_sample_) {
    sample(false);
    next_sample_ += kSampleEvery;
    if (next_sample_ < now) next_sample_ = now + kSampleEvery;  // held up: no burst of samples
  }
  return std::min<Duration>(next, next_sample_ - now);
}

void Engine::check_guard() {
  auto available = world_.node.available();
  if (!available) return;
  node_available_ = *available;
  if (node_available_ >= setting_.plan.guard) return;
  end(EndReason::kGuard, "the machine has " + format_bytes(node_available_) +
                             " of memory left, less than the guard of " +
                             format_bytes(setting_.plan.guard));
}

void Engine::follow_limit() {
  const Instant now = sight_.now;
  if (now - limit_followed_ < kFollowLimit || !setting_.loads.memory) return;
  limit_followed_ = now;
  if (!std::holds_alternative<Percent>(setting_.loads.memory->size)) return;
  if (setting_.loads.memory->percent_of.value_or(spec::PercentOf::kLimit) !=
      spec::PercentOf::kLimit)
    return;
  Observed seen = setting_.observed;
  seen.levels = sight_.levels;
  const auto size = resolve_size(*setting_.loads.memory, seen);
  if (!size || *size == setting_.plan.memory->size) return;
  happened("the limit was changed: the load follows from " +
           format_bytes(setting_.plan.memory->size) + " to " + format_bytes(*size));
  setting_.plan.memory->size = *size;
  memory_->resize(*size);
}

void Engine::heed(const std::vector<os::Ready>& ready) {
  for (const os::Ready& item : ready) {
    if (item.tag == kSignals) {
      const int signal = os::next_signal(world_.signals);
      if (signal != 0)
        end(EndReason::kSignal, std::string("ended by ") + (signal == SIGINT    ? "Ctrl-C"
                                                            : signal == SIGTERM ? "SIGTERM"
                                                                                : "SIGHUP"));
    } else if (item.tag == kWarden) {
      take_ended();
    } else if (item.tag == kNotify) {
      memory_->drain_notify();
      if (auto failure = memory_->failure()) end(EndReason::kFailed, *failure);
    } else if (item.tag == kWatched) {
      end(EndReason::kTargetEnded, "the target's process has ended");
    } else if (item.tag >= kAlarm && item.tag - kAlarm < alarms_.size()) {
      const Alarm& alarm = alarms_[item.tag - kAlarm];
      world_.tactics.acknowledge(alarm);
      on_alarms(alarm.met);
    }
  }
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
    if (ending_) return;
    return end(EndReason::kFailed,
               cpu_->failure().value_or("a CPU worker was killed by signal " +
                                        std::to_string(WTERMSIG(event.status))));
  }
  if (memory_ && memory_->ended(event.id) && !ending_) memory_worker_died(event);
}

void Engine::memory_worker_died(const Event& event) {
  if (auto failure = memory_->failure()) return end(EndReason::kFailed, *failure);
  if (WIFEXITED(event.status)) {
    return end(EndReason::kFailed,
               "a worker gave its memory back because its lease ran out: this process was held up "
               "for too long");
  }
  const std::int64_t kills = oom_kills();
  const bool ours = std::erase(ended_by_us_, event.id) > 0;
  const bool by_kernel = kills > oom_kills_seen_;
  oom_kills_seen_ = kills;
  ++outcome_.kills;
  const auto limit = cgroup::effective_limit(sight_.levels);
  const std::string at = "at " + format_bytes(std::max(sight_.use.usage, usage_a_look_ago_)) +
                         (limit ? " of " + format_bytes(limit->limit) : std::string());
  const std::string what = ours ? "ended a worker " + at + ", before the limit took the application"
                           : by_kernel ? "the OOM killer took a worker " + at
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
  regrowths_.push_back({event.id, sight_.now + back_off_});
}

void Engine::regrow() {
  for (std::size_t i = 0; i < regrowths_.size();) {
    if (sight_.now < regrowths_[i].due) {
      ++i;
      continue;
    }
    const std::uint32_t id = regrowths_[i].id;
    regrowths_.erase(regrowths_.begin() + static_cast<std::ptrdiff_t>(i));
    if (auto replaced = memory_->replace(id, world_.warden, sight_.now); !replaced) {
      return end(EndReason::kFailed, replaced.error().message);
    }
  }
}

// Once a worker was asked for more than the target can give, the user is told what is possible.
void Engine::tell_shortfall() {
  if (told_shortfall_) return;
  const Instant now = sight_.now;
  std::string what;
  if (memory_ && memory_->yielding() && memory_->settled()) {
    const auto limit = cgroup::effective_limit(sight_.levels);
    what = "held " + format_bytes(memory_->charged()) + " of " + format_bytes(memory_->asked(now)) +
           (limit ? ": the limit is " + format_bytes(limit->limit) : std::string());
  } else if (cpu_ && setting_.plan.cpu->load.mode == spec::Mode::kAdd) {
    const double passed = std::chrono::duration<double>(now - last_sample_).count();
    const double got =
        std::chrono::duration<double>(cpu_->used() - sampled_load_cpu_).count() / passed;
    if (passed > 0.5 && got < cpu_->asked().value - kShortBy && world_.target.cpu) {
      what = "CPU: got " + cores(got) + " of " + cores(cpu_->asked().value) + " cores";
      if (auto limits = world_.target.cpu->limits()) {
        if (limits->quota) what += "; the quota is " + cores(limits->quota->value);
        const double sure = limits->guaranteed.value / 100.0 * setting_.observed.node_cpus;
        what +=
            "; when its siblings are busy, its share of the machine is " + cores(sure) + " cores";
      }
    }
  }
  if (what.empty()) {
    short_since_.reset();
    return;
  }
  if (!short_since_) short_since_ = now;
  if (now - *short_since_ < kShortPatience) return;
  told_shortfall_ = true;
  happened(what);
}

void Engine::sample(bool last) {
  const Instant now = world_.clock.now();
  const double passed = std::chrono::duration<double>(now - last_sample_).count();
  tell_shortfall();
  if (!look() || passed <= 0) return;
  Sample out;
  out.at = now - start_;
  out.use = sight_.use;
  if (const auto limit = cgroup::effective_limit(sight_.levels)) out.limit = limit->limit;
  out.node_available = node_available_;
  if (world_.target.cpu) {
    if (auto cpu = world_.target.cpu->read()) cpu_now_ = *cpu;
  }
  if (sampled_target_cpu_.count() == 0) sampled_target_cpu_ = cpu_before_.usage;
  out.target_cpu.value =
      std::chrono::duration<double>(cpu_now_.usage - sampled_target_cpu_).count() / passed;
  sampled_target_cpu_ = cpu_now_.usage;
  out.throttled_periods = cpu_now_.throttled_periods - cpu_before_.throttled_periods;
  if (memory_) {
    out.asked = memory_->asked(now);
    out.held = memory_->charged();
    out.workers = memory_->alive();
    out.yielding = memory_->yielding();
    if (outcome_.reached || out.yielding) outcome_.held.add(static_cast<double>(out.held.value));
  }
  if (cpu_) {
    out.cpu_asked = cpu_->asked();
    const auto used = cpu_->used();
    out.cpu_got.value = std::chrono::duration<double>(used - sampled_load_cpu_).count() / passed;
    sampled_load_cpu_ = used;
    if (passed > 0.5) outcome_.cpu_got.add(out.cpu_got.value);
  }
  const std::int64_t kills = oom_kills();
  if (kills > oom_kills_seen_) {
    happened("the OOM killer took " + std::to_string(kills - oom_kills_seen_) +
             " of the target's own processes");
    oom_kills_seen_ = kills;
  }
  out.kills = outcome_.kills;
  out.oom_kills = kills - oom_kills_before_;
  outcome_.oom_kills = out.oom_kills;
  outcome_.throttled_periods = out.throttled_periods;
  if (deadline_) out.left = std::max<Duration>(Duration(0), *deadline_ - now);
  last_sample_ = now;
  if (!last) world_.listener.sampled(out);
}

void Engine::release() {
  const Instant begun = world_.clock.now();
  outcome_.lasted = begun - start_;
  if (memory_) {
    if (const auto first = memory_->first_touch()) outcome_.first_touch = *first - start_;
    memory_->order_release_all();
  }
  if (cpu_) cpu_->order_release_all();
  if (program_alive_) (void)world_.warden.end(kProgramId);
  if (!ending_) end(EndReason::kFailed, "");
  const auto wait_until = [this](Instant until) {
    while (anything_alive() && world_.clock.now() < until) {
      auto ready = poller_->wait(milliseconds(warden_gone_ ? 1 : 5));
      if (!ready) return;
      for (const os::Ready& item : *ready) {
        if (item.tag == kWarden) take_ended();
        if (item.tag == kNotify) memory_->drain_notify();
        if (item.tag >= kAlarm) world_.tactics.acknowledge(alarms_[item.tag - kAlarm]);
        if (item.tag == kWatched) stop_watching();
        if (item.tag == kSignals) (void)os::next_signal(world_.signals);
      }
      if (!warden_gone_) continue;
      if (memory_) memory_->take_ended_by_themselves();
      if (cpu_) cpu_->take_ended_by_themselves();
    }
  };
  if (poller_) wait_until(begun + kReleasePatience);
  if (anything_alive() && !warden_gone_) {  // a frozen target, or one without CPU time
    if (memory_) {
      for (std::uint32_t i = 0; i < memory_->pids().size(); ++i)
        (void)world_.warden.end(kMemoryIds + i);
    }
    if (cpu_) {
      for (std::uint32_t i = 0; i < cpu_->pids().size(); ++i) (void)world_.warden.end(kCpuIds + i);
    }
    wait_until(world_.clock.now() + kKillPatience);
  }
  outcome_.release = world_.clock.now() - begun;
}

void Engine::stop_watching() {
  for (const os::Fd& process : watched_) poller_->remove(process.get());
}

// They die with the warden, too, and nobody tells: the memory that they hold is gone when usage
// falls no further.
void Engine::wait_for_touchers() {
  const Instant until = world_.clock.now() + milliseconds(500);
  Bytes last = mib(1) * INT32_MAX;
  while (world_.tactics.fills_from_outside() && world_.clock.now() < until) {
    const auto usage = world_.target.memory->usage();
    if (!usage || *usage >= last) return;
    last = *usage;
    (void)poller_->wait(milliseconds(10));
  }
}

void Engine::verify() {
  if (anything_alive() && !warden_gone_)
    outcome_.left_behind.emplace_back("a worker that cannot be ended");
  if (warden_gone_) {
    wait_for_touchers();
    auto changes = world_.journal.changes();
    if (changes) outcome_.left_behind = put_back(*changes);
  } else if (auto undone = world_.warden.undo(); !undone) {
    outcome_.left_behind.push_back(undone.error().message);
  }
  if (auto usage = world_.target.memory->usage()) outcome_.usage_after = *usage;
  if (world_.target.cpu) {
    if (auto cpu = world_.target.cpu->read()) outcome_.target_cpu = cpu->usage - cpu_before_.usage;
  }
}

}  // namespace duress::stress
