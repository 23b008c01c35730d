#include "stress/cpu_load.h"

#include <algorithm>

#include "os/process.h"
#include "stress/duty_cycle.h"

namespace duress::stress {

namespace {

constexpr auto kLease = std::chrono::seconds(5);
constexpr auto kSteer = std::chrono::milliseconds(50);
constexpr auto kIdle = std::chrono::milliseconds(500);
constexpr double kMostOwed = 0.2;  // core-seconds
constexpr double kPayBack = 2.0;   // of what is owed, a second
constexpr std::int64_t kCycleNs = 1'000'000;

// An invalid one where it has ended already.
os::Fd open_process(pid_t pid) {
  auto opened = os::pidfd_open(pid);
  return opened ? std::move(*opened) : os::Fd();
}

std::int64_t ns_of(Instant instant) { return instant.time_since_epoch().count(); }

}  // namespace

Cores CpuSteering::want(Instant now, std::chrono::nanoseconds target_used,
                        std::chrono::nanoseconds load_used) {
  if (!last_) {
    last_ = now;
    target_ = target_used;
    load_ = load_used;
    return level_;
  }
  const double passed = std::chrono::duration<double>(now - *last_).count();
  if (passed <= 0) return level_;
  const double whole = std::chrono::duration<double>(target_used - target_).count();
  const double ours = std::chrono::duration<double>(load_used - load_).count();
  const double application = std::max(0.0, whole - ours) / passed;
  owed_ = std::clamp(owed_ + level_.value * passed - whole, -kMostOwed, kMostOwed);
  last_ = now;
  target_ = target_used;
  load_ = load_used;
  return Cores{std::max(0.0, level_.value - application + owed_ * kPayBack)};
}

CpuLoad::CpuLoad(const Setting& setting, ControlPages pages, os::Fd notify)
    : setting_(setting),
      pages_(std::move(pages)),
      notify_(std::move(notify)),
      steering_(setting.plan.asked),
      pids_(pages_.count(), 0),
      alive_(pages_.count(), false) {}

Result<CpuLoad> CpuLoad::make(const Setting& setting) {
  auto pages = ControlPages::make(static_cast<std::uint32_t>(setting.plan.load.workers));
  if (!pages) return std::unexpected(pages.error());
  auto notify = os::event_fd();
  if (!notify) return std::unexpected(notify.error());
  return CpuLoad(setting, std::move(*pages), std::move(*notify));
}

void CpuLoad::set_share(Cores total) {
  const double each = std::clamp(total.value / pages_.count(), 0.0, 1.0);
  const auto share = static_cast<std::int64_t>(each * static_cast<double>(DutyCycle::kWhole));
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    ControlBlock& block = pages_.block(slot);
    const std::int64_t before = block.cpu_share_ppb.exchange(share);
    if (before == 0 && share > 0) wake(block);  // a worker without a share waits
  }
}

Result<> CpuLoad::place(Placement placement, Warden& warden, Instant now) {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    ControlBlock& block = pages_.block(slot);
    block.kind = static_cast<std::uint32_t>(Kind::kCpu);
    block.deadline_ns = setting_.deadline ? ns_of(*setting_.deadline) : 0;
    block.cycle_phase_ns = kCycleNs * slot / pages_.count();  // not all at the same moment
    block.lease_ns.store(ns_of(now + kLease));
  }
  set_share(setting_.plan.asked);
  placement.control = pages_.fd();
  placement.notify = notify_.get();
  placement.nice = setting_.plan.nice;
  auto placed = warden.place(placement, setting_.first_id, 0, pages_.count());
  if (!placed) return std::unexpected(placed.error());
  pids_ = *placed;
  processes_.clear();
  for (const pid_t pid : pids_) processes_.push_back(open_process(pid));
  alive_.assign(pages_.count(), true);
  return {};
}

Duration CpuLoad::tick(Instant now, std::chrono::nanoseconds target_used) {
  if (setting_.plan.load.mode != spec::Mode::kReach) return kIdle;
  set_share(steering_.want(now, target_used, used()));
  return kSteer;
}

void CpuLoad::take_ended_by_themselves() {
  for (std::uint32_t slot = 0; slot < alive_.size(); ++slot) {
    const bool gone = !processes_[slot] || os::has_ended(processes_[slot]);
    if (alive_[slot] && gone) (void)ended(setting_.first_id + slot);
  }
}

void CpuLoad::renew_lease(Instant now) {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    pages_.block(slot).lease_ns.store(ns_of(now + kLease), std::memory_order_relaxed);
  }
}

void CpuLoad::order_release_all() {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) order_release(pages_.block(slot));
}

bool CpuLoad::ended(std::uint32_t id) {
  if (id < setting_.first_id || id - setting_.first_id >= alive_.size()) return false;
  alive_[id - setting_.first_id] = false;
  return true;
}

int CpuLoad::alive() const { return static_cast<int>(std::ranges::count(alive_, true)); }

std::chrono::nanoseconds CpuLoad::used() const {
  std::int64_t sum = 0;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot)
    sum += pages_.block(slot).cpu_ns.load();
  return std::chrono::nanoseconds(sum);
}

std::optional<std::string> CpuLoad::failure() const {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    const ControlBlock& block = pages_.block(slot);
    if (static_cast<State>(block.state.load()) == State::kFailed) {
      return "CPU worker " + std::to_string(slot + 1) + ": " + failure_text(block);
    }
  }
  return std::nullopt;
}

}  // namespace duress::stress
