// How a run ends: everything is given back, and that is looked at: see engine.h.

#include <algorithm>

#include "base/text.h"
#include "stress/engine.h"
#include "stress/engine_ids.h"

namespace duress::stress {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kReleasePatience = seconds(3);
constexpr auto kKillPatience = seconds(3);

}  // namespace

// One round of waiting for the workers to end.
bool Engine::wait_for_workers() {
  using std::chrono::milliseconds;
  auto ready = poller_->wait(milliseconds(warden_gone_ ? 1 : 5));
  if (!ready) return false;
  for (const os::Ready& item : *ready) {
    if (item.tag == kWarden) take_ended();
    if (item.tag == kNotify) memory_->drain_notify();
    if (item.tag >= kAlarm) world_.tactics.acknowledge(alarms_[item.tag - kAlarm]);
    if (item.tag == kWatched) stop_watching();
    if (item.tag == kSignals) (void)os::next_signal(world_.signals);
  }
  if (!warden_gone_) return true;
  if (memory_) memory_->take_ended_by_themselves();
  if (cpu_) cpu_->take_ended_by_themselves();
  return true;
}

void Engine::kill_workers() {
  const auto kill = [this](std::uint32_t first, std::size_t count) {
    for (std::uint32_t i = 0; i < count; ++i) (void)world_.warden.end(first + i);
  };
  if (memory_) kill(kMemoryIds, memory_->pids().size());
  if (cpu_) kill(kCpuIds, cpu_->pids().size());
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
  while (anything_alive() && poller_ && world_.clock.now() < begun + kReleasePatience) {
    if (!wait_for_workers()) break;
  }
  if (anything_alive() && !warden_gone_) {  // a frozen target, or one without CPU time
    kill_workers();
    const Instant until = world_.clock.now() + kKillPatience;
    while (anything_alive() && world_.clock.now() < until && wait_for_workers()) {
    }
  }
  outcome_.release = world_.clock.now() - begun;
}

void Engine::stop_watching() {
  for (const os::Fd& process : watched_) poller_->remove(process.get());
}

// They die with the warden, too, and nobody tells: the memory that they hold is gone when usage
// falls no further. The counter moves in batches: one look without a fall says nothing.
void Engine::wait_for_touchers() {
  const Instant until = world_.clock.now() + milliseconds(500);
  Bytes last = mib(1) * INT32_MAX;
  int still = 0;
  while (world_.tactics.fills_from_outside() && world_.clock.now() < until) {
    const auto usage = world_.target.memory->usage();
    if (!usage) return;
    still = *usage >= last ? still + 1 : 0;
    if (still >= 5) return;
    last = std::min(last, *usage);
    (void)poller_->wait(milliseconds(10));
  }
}

void Engine::verify() {
  if (anything_alive()) outcome_.left_behind.emplace_back("a worker that cannot be ended");
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
