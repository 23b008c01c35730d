// Descriptors and timers that call back: the event loop that everything of this folder stands in.
// It runs no thread and never blocks by itself; a daemon's own loop either calls turn() with a
// waiting time, or polls fd() and calls turn() without one. One thread: callbacks run inside of
// turn(), may make and drop handles, and must outlive neither the reactor nor what they capture.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"
#include "os/poller.h"

namespace duress::kube {

class Reactor;

// A descriptor or a timer is forgotten when its handle goes. The reactor outlives its handles.
class Handle final {
 public:
  Handle() = default;
  Handle(Handle&& other) noexcept
      : reactor_(std::exchange(other.reactor_, nullptr)), id_(std::exchange(other.id_, 0)) {}
  Handle& operator=(Handle&& other) noexcept;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { reset(); }

  void reset();
  [[nodiscard]] explicit operator bool() const { return reactor_ != nullptr; }

 private:
  friend class Reactor;
  Handle(Reactor* reactor, std::uint64_t id) : reactor_(reactor), id_(id) {}
  Reactor* reactor_ = nullptr;
  std::uint64_t id_ = 0;
};

class Reactor final {
 public:
  using Ready = std::function<void(std::uint32_t events)>;

  [[nodiscard]] static Result<std::unique_ptr<Reactor>> make(const Clock& clock);
  Reactor(const Reactor&) = delete;
  Reactor& operator=(const Reactor&) = delete;
  ~Reactor() = default;

  [[nodiscard]] const Clock& clock() const { return clock_; }
  [[nodiscard]] Instant now() const { return clock_.now(); }

  // `events` as of epoll. The descriptor stays the caller's, and outlives the handle.
  [[nodiscard]] Result<Handle> when_ready(int fd, std::uint32_t events, Ready call);
  [[nodiscard]] Handle at(Instant time, std::function<void()> call);
  [[nodiscard]] Handle after(Duration time, std::function<void()> call) {
    return at(now() + time, std::move(call));
  }

  // Waits at most so long for something to do, and does it.
  [[nodiscard]] Result<> turn(Duration most);
  // Readable: turn() has something to do.
  [[nodiscard]] int fd() const { return poller_.fd(); }
  // How long turn() has nothing to do though fd() stays silent; at most `most`.
  [[nodiscard]] Duration until_due(Duration most) const;

 private:
  friend class Handle;
  struct Descriptor {
    int fd;
    Ready call;
  };
  Reactor(const Clock& clock, os::Poller poller) : clock_(clock), poller_(std::move(poller)) {}
  void forget(std::uint64_t id);
  void run_timers();

  const Clock& clock_;
  os::Poller poller_;
  std::uint64_t last_id_ = 0;
  // Shared, so that one that is dropped by its own call lives to the end of it.
  std::map<std::uint64_t, std::shared_ptr<Descriptor>> descriptors_;
  std::map<std::pair<Instant, std::uint64_t>, std::function<void()>> timers_;
  std::map<std::uint64_t, Instant> timer_times_;
};

}  // namespace duress::kube
