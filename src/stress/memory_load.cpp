#include "stress/memory_load.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "base/text.h"
#include "os/process.h"

namespace duress::stress {

namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr auto kLease = seconds(5);
constexpr Bytes kHugePage = mib(2);
// Toucher and helper threads leave before the limit is kApartDistance away, a toucher comes back
// only well clear of that: in between, the application may take 1 GB/s and the next look may be 8
// ms away.
constexpr Bytes kLeaveApart = kApartDistance + mib(8);
constexpr Bytes kReturnApart = kApartDistance + mib(80);
constexpr std::int64_t kFastestGrowth =
    2'000'000'000;  // bytes a second that an application is taken to grow by

// Workers that do not all fit fill in step, so that it is not chance who holds how much when the
// OOM killer comes: each time by a part of what is left, and by so much at the least.
constexpr std::int64_t kStepPart = 4;
constexpr Bytes kLeastStep = kib(128);        // a worker
constexpr std::int64_t kLeastStepPart = 200;  // of the limit, all workers together
constexpr auto kStepPatience = seconds(5);    // for a worker that does not come along

constexpr auto kFilling = milliseconds(1);
constexpr auto kNear = milliseconds(3);
constexpr auto kSteering = milliseconds(50);
constexpr auto kQuietTick = milliseconds(100);

// An invalid one where it has ended already.
os::Fd open_process(pid_t pid) {
  auto opened = os::pidfd_open(pid);
  return opened ? std::move(*opened) : os::Fd();
}

std::int64_t ns_of(Instant instant) { return instant.time_since_epoch().count(); }

State state_of(const ControlBlock& block) {
  return static_cast<State>(block.state.load(std::memory_order_acquire));
}

}  // namespace

MemoryLoad::MemoryLoad(const Setting& setting, ControlPages pages, os::Fd notify)
    : setting_(setting),
      pages_(std::move(pages)),
      notify_(std::move(notify)),
      steering_({.mode = setting.plan.load.mode,
                 .size = setting.plan.size,
                 .keep_free = setting.plan.keep_free,
                 .most = setting.plan.most,
                 .ramp = setting.plan.load.ramp,
                 .start = setting.start}),
      pids_(setting.plan.shares.size(), 0),
      alive_(setting.plan.shares.size(), false),
      apart_(setting.apart) {}

Result<MemoryLoad> MemoryLoad::make(const Setting& setting) {
  auto pages = ControlPages::make(static_cast<std::uint32_t>(setting.plan.shares.size()));
  if (!pages) return std::unexpected(pages.error());
  auto notify = os::event_fd();
  if (!notify) return std::unexpected(notify.error());
  return MemoryLoad(setting, std::move(*pages), std::move(*notify));
}

void MemoryLoad::prepare(std::uint32_t slot, Instant now) const {
  pages_.reset(slot);
  ControlBlock& block = pages_.block(slot);
  const auto workers = static_cast<int>(setting_.plan.shares.size());
  block.kind = static_cast<std::uint32_t>(Kind::kMemory);
  block.locked = setting_.plan.locked ? 1 : 0;
  block.fill_threads = static_cast<std::uint32_t>(std::max(1, setting_.fill_cpus / workers));
  block.pages = static_cast<std::uint32_t>(Pages::kChoose);
  block.reserve_bytes = (setting_.address_space.value / kHugePage.value + 1) * kHugePage.value;
  block.deadline_ns = setting_.deadline ? ns_of(*setting_.deadline) : 0;
  block.seed = setting_.seed + slot * 0x9e3779b97f4a7c15U;
  block.apart.store(apart_ ? 1 : 0);
  block.lease_ns.store(ns_of(now + kLease));
  block.rewrite_bytes.store(setting_.plan.load.rewrite.value);
}

Result<> MemoryLoad::place(const Placement& placement, Warden& warden, Instant now) {
  placement_ = placement;
  placement_.control = pages_.fd();
  placement_.notify = notify_.get();
  placement_.oom_score_adj = setting_.plan.oom_score_adj;
  const std::uint32_t count = pages_.count();
  for (std::uint32_t slot = 0; slot < count; ++slot) prepare(slot, now);
  auto placed = warden.place(placement_, setting_.first_id, 0, count);
  if (!placed) return std::unexpected(placed.error());
  pids_ = *placed;
  processes_.clear();
  for (const pid_t pid : pids_) processes_.push_back(open_process(pid));
  alive_.assign(count, true);
  return {};
}

Result<> MemoryLoad::replace(std::uint32_t id, Warden& warden, Instant now) {
  const std::uint32_t slot = id - setting_.first_id;
  prepare(slot, now);
  auto placed = warden.place(placement_, id, slot, 1);
  if (!placed) return std::unexpected(placed.error());
  pids_[slot] = placed->front();
  processes_[slot] = open_process(pids_[slot]);
  alive_[slot] = true;
  return {};
}

bool MemoryLoad::ended(std::uint32_t id) {
  if (id < setting_.first_id || id - setting_.first_id >= alive_.size()) return false;
  const std::uint32_t slot = id - setting_.first_id;
  alive_[slot] = false;
  if (state_of(pages_.block(slot)) != State::kFailed) pages_.block(slot).held_bytes.store(0);
  return true;
}

void MemoryLoad::take_ended_by_themselves() {
  for (std::uint32_t slot = 0; slot < alive_.size(); ++slot) {
    const bool gone = !processes_[slot] || os::has_ended(processes_[slot]);
    if (alive_[slot] && gone) (void)ended(setting_.first_id + slot);
  }
}

void MemoryLoad::renew_lease(Instant now) {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    pages_.block(slot).lease_ns.store(ns_of(now + kLease), std::memory_order_relaxed);
  }
}

void MemoryLoad::order_release_all() {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) order_release(pages_.block(slot));
}

void MemoryLoad::resize(Bytes size) {
  setting_.plan.size = size;
  steering_.resize(size);
}

Bytes MemoryLoad::metric(const MemorySight& sight) const {
  switch (setting_.plan.load.metric) {
    case spec::Metric::kUsage:
      return sight.use.usage;
    case spec::Metric::kWorkingSet:
      return sight.use.working_set();
    case spec::Metric::kAnon:
      return sight.use.anon;
  }
  return sight.use.usage;
}

Bytes MemoryLoad::charged_for(std::uint32_t slot) const {
  const ControlBlock& block = pages_.block(slot);
  const Bytes held{block.held_bytes.load(std::memory_order_relaxed)};
  const Bytes alone{block.alone_bytes.load(std::memory_order_relaxed)};
  return held + page_tables(setting_.apart ? std::min(held, alone) : held) +
         setting_.worker_overhead;
}

// What the load shall be charged in this step.
Bytes MemoryLoad::in_step(const MemorySight& sight) {
  // Without the page cache: that figure is up to a second old, and near the limit the kernel has
  // taken it back long since.
  const std::optional<Bytes> room = headroom(sight.levels, Bytes{0});
  const bool fits = !room || wanted_ - charged() <= *room;
  if (fits || setting_.plan.keep_free.value > 0 || alive() < 2) return wanted_;
  std::optional<Bytes> slowest;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    if (!alive_[slot] || setting_.plan.shares[slot] <= 0) continue;
    const double whole = static_cast<double>(charged_for(slot).value) / setting_.plan.shares[slot];
    const Bytes here{static_cast<std::int64_t>(whole)};
    slowest = slowest ? std::min(*slowest, here) : here;
  }
  if (!slowest) return wanted_;
  if (slowest != slowest_) {
    slowest_ = slowest;
    slowest_since_ = sight.now;
  }
  if (sight.now - slowest_since_ > kStepPatience) return wanted_;
  const auto limit = cgroup::effective_limit(sight.levels);
  const Bytes least =
      std::max(kLeastStep * pages_.count(), limit ? limit->limit / kLeastStepPart : Bytes{0});
  return std::min(wanted_, *slowest + std::max(least, *room / kStepPart));
}

// The shared address space is left while the limit is still far: see kApartDistance. True: sides
// were changed.
bool MemoryLoad::choose_side(const std::optional<Bytes>& room) {
  if (!setting_.apart) return false;
  // A little early: what is left above the mark is less than a page for each of many workers.
  const Bytes leave = kLeaveApart + mib(2) + kib(8) * pages_.count();
  const bool apart = !room || *room > (apart_ ? leave : kReturnApart);
  if (apart == apart_) return false;
  apart_ = apart;
  return true;
}

void MemoryLoad::give_orders(const std::optional<Bytes>& room) {
  const std::int64_t growable =
      room ? std::max<std::int64_t>(0, (*room - kLeaveApart).value) / pages_.count()
           : INT64_MAX / 4;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    if (!alive_[slot]) continue;
    ControlBlock& block = pages_.block(slot);
    const std::int64_t held_now = block.held_bytes.load();
    Bytes outside{0};
    if (setting_.apart) outside = {apart_ ? INT64_MAX / 4 : held_now - block.alone_bytes.load()};
    const auto share_of = [&](Bytes all) {
      const double share = static_cast<double>(all.value) * setting_.plan.shares[slot];
      const Bytes charge = Bytes{static_cast<std::int64_t>(share)} - setting_.worker_overhead;
      return std::min(holdable(charge, outside), Bytes{block.reserve_bytes});
    };
    Bytes held = share_of(wanted_);
    // Nobody gives back because another one is behind.
    if (wanted_now_ < wanted_)
      held = std::min(held, std::max(share_of(wanted_now_), Bytes{held_now}));
    const std::int64_t ceiling = (held_now + growable) / kPageSize.value * kPageSize.value;
    const std::uint32_t side = apart_ ? 1 : 0;
    const std::int64_t before = block.far_ceiling.exchange(ceiling);
    const bool raised = apart_ && ceiling > before && before < held.value;
    if (block.target_bytes.load() == held.value && block.apart.load() == side && !raised) continue;
    block.target_bytes.store(held.value);
    block.apart.store(side);
    wake(block);
  }
}

Duration MemoryLoad::tick(const MemorySight& sight) {
  const std::optional<Bytes> room = headroom(sight.levels, sight.use.inactive_file);
  wanted_ = steering_.want({.now = sight.now,
                            .metric = metric(sight),
                            .charged = charged(),
                            .room = room,
                            .alarmed = sight.alarmed});
  (void)choose_side(room);
  wanted_now_ = in_step(sight);
  give_orders(room);
  return next_tick(room);
}

Duration MemoryLoad::next_tick(const std::optional<Bytes>& room) const {
  Duration next = kQuietTick;
  if (!settled() && !blocked()) {
    // The toucher needs a new ceiling soon; a worker that fills alone, to a level that does not
    // move, needs nobody.
    next = apart_ || setting_.plan.keep_free.value > 0 ? Duration(kFilling)
                                                       : Duration(milliseconds(5));
  }
  if (setting_.plan.load.mode == spec::Mode::kReach) next = std::min<Duration>(next, kSteering);
  if (setting_.plan.load.ramp.count() > 0) next = std::min<Duration>(next, kSteering);
  if (!room) return next;
  const Bytes near = setting_.plan.keep_free.value > 0 ? setting_.plan.keep_free
                     : apart_                          ? kLeaveApart
                                                       : Bytes{-1};
  if (near.value < 0) return next;
  // The application could be at the mark after this time, were it to start growing now.
  const std::int64_t distance = std::max<std::int64_t>(0, (*room - near / 2).value);
  const Duration reach{distance * 1000 / (kFastestGrowth / 1'000'000)};
  return std::min(next, std::max<Duration>(reach, kNear));
}

Bytes MemoryLoad::held() const {
  Bytes sum;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    if (alive_[slot]) sum += Bytes{pages_.block(slot).held_bytes.load(std::memory_order_relaxed)};
  }
  return sum;
}

Bytes MemoryLoad::charged() const {
  Bytes sum;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    if (alive_[slot]) sum += charged_for(slot);
  }
  return sum;
}

bool MemoryLoad::settled() const {
  if (wanted_now_ < wanted_) return false;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    const ControlBlock& block = pages_.block(slot);
    if (alive_[slot] && block.held_bytes.load() != block.target_bytes.load()) return false;
  }
  return true;
}

bool MemoryLoad::blocked() const {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    if (alive_[slot] && state_of(pages_.block(slot)) == State::kBlocked) return true;
  }
  return false;
}

int MemoryLoad::alive() const { return static_cast<int>(std::ranges::count(alive_, true)); }

std::optional<std::uint32_t> MemoryLoad::largest() const {
  std::optional<std::uint32_t> found;
  std::int64_t most = -1;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    const std::int64_t held = pages_.block(slot).held_bytes.load();
    if (!alive_[slot] || held <= most) continue;
    most = held;
    found = setting_.first_id + slot;
  }
  return found;
}

std::optional<Instant> MemoryLoad::first_touch() const {
  std::optional<Instant> first;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    const std::int64_t at = pages_.block(slot).first_touch_ns.load();
    if (at == 0) continue;
    const Instant touched{std::chrono::nanoseconds(at)};
    if (!first || touched < *first) first = touched;
  }
  return first;
}

bool MemoryLoad::lost_toucher() const {
  if (!apart_) return false;
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    const ControlBlock& block = pages_.block(slot);
    if (alive_[slot] && block.error.load() != 0 && block.apart.load() == 0) return true;
  }
  return false;
}

std::optional<std::string> MemoryLoad::failure() const {
  for (std::uint32_t slot = 0; slot < pages_.count(); ++slot) {
    const ControlBlock& block = pages_.block(slot);
    if (state_of(block) == State::kFailed) {
      return "memory worker " + std::to_string(slot + 1) + ": " + failure_text(block);
    }
  }
  return std::nullopt;
}

void MemoryLoad::drain_notify() const {
  std::uint64_t count = 0;
  (void)!::read(notify_.get(), &count, sizeof count);
}

}  // namespace duress::stress
