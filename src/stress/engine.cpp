#include "stress/engine.h"

#include <fcntl.h>

#include <algorithm>

#include "base/text.h"
#include "os/process.h"
#include "stress/engine_ids.h"

namespace duress::stress {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kReadParts = seconds(1);  // of memory.stat, where nothing steers by it
constexpr auto kFollowLimit = milliseconds(250);
constexpr auto kRenewLease = seconds(1);
constexpr auto kSampleEvery = seconds(1);
constexpr auto kTellEvery = milliseconds(100);  // at most: a quiet tick is as long
constexpr auto kQuietTick = milliseconds(100);
// The workers' own deadline: later than ours, and held though this process is stopped.
constexpr auto kWorkersGrace = seconds(3);

}  // namespace

Engine::Engine(const World& world, RunSetting setting)
    : world_(world), setting_(std::move(setting)) {}
Engine::~Engine() = default;

Duration Engine::since_start() const { return world_.clock.now() - start_; }

std::int64_t Engine::oom_kills() const {
  const auto counts = world_.target.memory->oom();
  return counts ? counts->kills : oom_kills_explained_;
}

void Engine::happened(std::string what) {
  outcome_.happenings.push_back({since_start(), std::move(what)});
  world_.listener.happened(outcome_.happenings.back());
}

void Engine::end(EndReason reason, std::string message) {
  if (!ending_) ending_.emplace(reason, std::move(message));
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

std::optional<Instant> Engine::workers_deadline() const {
  return deadline_ ? std::optional(*deadline_ + kWorkersGrace) : std::nullopt;
}

Result<> Engine::start_memory() {
  const MemoryPlan& plan = *setting_.plan.memory;
  auto alarms = world_.tactics.arm(plan.load.when_oom.policy, sight_.levels, world_.warden);
  if (!alarms) return std::unexpected(alarms.error());
  alarms_ = std::move(*alarms);
  for (std::size_t i = 0; i < alarms_.size(); ++i) {
    auto added = poller_->add(alarms_[i].fd.get(), kAlarm + i, alarms_[i].events);
    if (!added) return added;
  }
  auto load = MemoryLoad::make({.plan = plan,
                                .start = start_,
                                .deadline = workers_deadline(),
                                .fill_cpus = setting_.observed.node_cpus,
                                .address_space = setting_.observed.node_total,
                                .seed = setting_.seed,
                                .apart = world_.tactics.fills_from_outside(),
                                .worker_overhead = world_.tactics.worker_overhead(),
                                .first_id = kMemoryIds});
  if (!load) return std::unexpected(load.error());
  memory_ = std::move(*load);
  if (auto added = poller_->add(memory_->notify_fd(), kNotify); !added) return added;
  auto placement = world_.tactics.placement(Kind::kMemory, world_.warden);
  if (!placement) return std::unexpected(placement.error());
  if (!watched_.empty()) placement->pid_namespace_of = watched_.front().get();
  if (auto placed = memory_->place(*placement, world_.warden, start_); !placed) return placed;
  (void)memory_->tick(sight_);
  return {};
}

Result<> Engine::start_cpu() {
  auto load = CpuLoad::make(
      {.plan = *setting_.plan.cpu, .deadline = workers_deadline(), .first_id = kCpuIds});
  if (!load) return std::unexpected(load.error());
  cpu_ = std::move(*load);
  auto placement = world_.tactics.placement(Kind::kCpu, world_.warden);
  if (!placement) return std::unexpected(placement.error());
  if (!watched_.empty()) placement->pid_namespace_of = watched_.front().get();
  placement->oom_score_adj =
      std::max(setting_.observed.init_oom_score_adj, setting_.observed.own_oom_score_adj);
  return cpu_->place(*placement, world_.warden, start_);
}

Result<> Engine::start() {
  start_ = world_.clock.now();
  if (setting_.duration) deadline_ = start_ + *setting_.duration;
  if (auto watching = watch(); !watching) return watching;
  if (!look()) return fail(Code::kGone, "the target's cgroup was removed meanwhile");
  outcome_.usage_before = outcome_.usage_peak = sight_.use.usage;
  oom_kills_before_ = oom_kills_explained_ = oom_kills();
  cpu_before_ = cpu_now_;
  if (setting_.plan.memory) {
    if (auto started = start_memory(); !started) return started;
  }
  if (setting_.plan.cpu) {
    if (auto started = start_cpu(); !started) return started;
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
  world_.listener.started();
  loop();
  sample(true);
  release();
  verify();
  outcome_.reason = ending_->first;
  outcome_.message = ending_->second;
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
  Duration next = kQuietTick;
  if (deadline_) next = std::min<Duration>(next, *deadline_ - now);
  if (now - lease_renewed_ >= kRenewLease) {
    if (memory_) memory_->renew_lease(now);
    if (cpu_) cpu_->renew_lease(now);
    lease_renewed_ = now;
  }
  if (memory_) next = std::min(next, steer_memory());
  if (cpu_) next = std::min(next, steer_cpu());
  if (memory_ && now >= next_told_) {
    world_.listener.steered(memory_->asked(now), memory_->charged());
    next_told_ = now + kTellEvery;
  }
  if (now >= next_sample_) {
    if (setting_.plan.guard.pressure != spec::NodePressure{})
      node_now_.pressure = world_.node.pressure();
    sample(false);
    next_sample_ += kSampleEvery;
    if (next_sample_ < now) next_sample_ = now + kSampleEvery;  // held up: no burst of samples
  }
  return std::min<Duration>(next, next_sample_ - now);
}

Duration Engine::steer_memory() {
  follow_limit();
  regrow();
  // Refused by a cgroup whose OOM killer is held off: the kernel would have come for somebody.
  if (memory_->blocked()) on_alarms(true);
  const Duration next = memory_->tick(sight_);
  // Between a kill and the new worker the others may well hold what they were told to.
  const bool all = memory_->alive() == setting_.plan.memory->load.workers;
  const bool there = all && memory_->settled() && !memory_->yielding() && !memory_->capped() &&
                     memory_->asked(sight_.now) >= setting_.plan.memory->size;
  if (there && !outcome_.reached) {
    outcome_.reached = sight_.now - start_;
    world_.listener.reached(*outcome_.reached);
  }
  return next;
}

Duration Engine::steer_cpu() {
  if (setting_.plan.cpu->load.mode == spec::Mode::kReach && world_.target.cpu) {
    if (auto cpu = world_.target.cpu->read()) cpu_now_ = *cpu;
  }
  return cpu_->tick(sight_.now, cpu_now_.usage);
}

void Engine::check_guard() {
  auto available = world_.node.available();
  if (!available) return;
  node_now_.available = *available;
  if (auto why = beyond(setting_.plan.guard, node_now_)) end(EndReason::kGuard, std::move(*why));
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

}  // namespace duress::stress
