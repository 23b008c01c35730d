#include "kube/reactor.h"

#include <algorithm>

namespace duress::kube {

Handle& Handle::operator=(Handle&& other) noexcept {
  if (this == &other) return *this;
  reset();
  reactor_ = std::exchange(other.reactor_, nullptr);
  id_ = std::exchange(other.id_, 0);
  return *this;
}

void Handle::reset() {
  if (reactor_ != nullptr) std::exchange(reactor_, nullptr)->forget(id_);
}

Result<std::unique_ptr<Reactor>> Reactor::make(const Clock& clock) {
  auto poller = os::Poller::make();
  if (!poller) return std::unexpected(poller.error());
  return std::unique_ptr<Reactor>(new Reactor(clock, std::move(*poller)));
}

Result<Handle> Reactor::when_ready(int fd, std::uint32_t events, Ready call) {
  const std::uint64_t id = ++last_id_;
  if (auto done = poller_.add(fd, id, events); !done) return std::unexpected(done.error());
  descriptors_.emplace(id, std::make_shared<Descriptor>(Descriptor{fd, std::move(call)}));
  return Handle(this, id);
}

Handle Reactor::at(Instant time, std::function<void()> call) {
  const std::uint64_t id = ++last_id_;
  timers_.emplace(std::pair(time, id), std::move(call));
  timer_times_.emplace(id, time);
  return {this, id};
}

void Reactor::forget(std::uint64_t id) {
  if (const auto timer = timer_times_.find(id); timer != timer_times_.end()) {
    timers_.erase({timer->second, id});
    timer_times_.erase(timer);
  } else if (const auto found = descriptors_.find(id); found != descriptors_.end()) {
    poller_.remove(found->second->fd);
    descriptors_.erase(found);
  }
}

Duration Reactor::until_due(Duration most) const {
  if (timers_.empty()) return most;
  return std::clamp<Duration>(timers_.begin()->first.first - now(), Duration{0}, most);
}

Result<> Reactor::turn(Duration most) {
  const auto ready = poller_.wait(until_due(most));
  if (!ready) return std::unexpected(ready.error());
  for (const os::Ready& one : *ready) {
    const auto found = descriptors_.find(one.tag);
    if (found == descriptors_.end()) continue;  // dropped by a call before it
    const auto descriptor = found->second;
    descriptor->call(one.events);
  }
  run_timers();
  return {};
}

// Those that are due at the beginning: one that sets itself anew must not starve the descriptors.
void Reactor::run_timers() {
  const Instant time = now();
  const std::uint64_t newest = last_id_;
  auto next = timers_.begin();
  while (next != timers_.end() && next->first.first <= time) {
    const auto [at, id] = next->first;
    if (id > newest) {
      ++next;
      continue;
    }
    auto timer = timers_.extract(next);
    timer_times_.erase(id);
    timer.mapped()();
    next = timers_.begin();
  }
}

}  // namespace duress::kube
