// The page that a worker shares with the supervisor: what the worker shall do, how long it may
// live, what it holds. It is not a message queue: the newest value counts, and everything is an
// atomic of its own. One page a worker, made by the supervisor in a memfd; the supervisor writes
// the first part, the worker the second. Used by the worker program, so nothing of the standard
// library beyond <atomic> and <cstdint>.
#pragma once

#include <atomic>
#include <cstdint>

namespace duress::stress {

inline constexpr std::int64_t kControlPage = 4096;

enum class Kind : std::uint32_t { kMemory = 1, kCpu = 2, kBoth = 3 };
enum class Order : std::uint32_t { kHold = 0, kRelease = 1 };
enum class Pages : std::uint32_t { kChoose = 0, kHuge = 1, kSmall = 2 };

enum class State : std::uint32_t {
  kStarting = 0,
  kReady,     // set up, rights dropped, waiting for a target
  kWorking,   // filling or freeing
  kHolding,   // holds what was asked for
  kBlocked,   // the kernel gave no memory (ENOMEM); tried again at the next wake
  kReleased,  // everything is given back; the process is about to exit
  kFailed,    // could not be set up; `stage` and `error` tell
};

// Where in its life a worker failed, for the message.
enum class Stage : std::uint32_t {
  kNone = 0,
  kJoin,
  kOomScore,
  kExec,
  kMap,
  kLock,
  kClone,
  kPolicy,
  kSandbox,
  kOrphan,
  kToucher,
  kFill
};

struct ControlBlock {
  // What never changes: written before the worker starts.
  std::uint32_t kind;
  std::uint32_t locked;  // 1: mlock2(MLOCK_ONFAULT); 0: swappable, and every byte random
  std::uint32_t fill_threads;
  std::uint32_t pages;         // Pages
  std::int64_t reserve_bytes;  // address space; a multiple of 2 MiB
  std::int64_t deadline_ns;  // CLOCK_MONOTONIC; the worker ends then whatever anybody says; 0: none
  std::uint64_t seed;
  std::uint64_t memory_nodes;  // bit mask for MPOL_BIND; 0: as it is
  std::int64_t cycle_phase_ns;

  // The supervisor's orders. `wake` is a futex word that is bumped after any change.
  alignas(64) std::atomic<std::uint32_t> wake;
  std::atomic<std::uint32_t> order;  // Order
  std::atomic<std::uint32_t> apart;  // 1: a toucher outside of the target's cgroup fills and frees
  std::atomic<std::int64_t> lease_ns;      // CLOCK_MONOTONIC; renewed all the time
  std::atomic<std::int64_t> target_bytes;  // a multiple of the page size
  std::atomic<std::int64_t>
      far_ceiling;  // beyond, the limit is near: the worker's own thread fills
  std::atomic<std::int64_t> rewrite_bytes;  // a second
  std::atomic<std::int64_t> cpu_share_ppb;  // of one core, in parts per billion

  // The worker's report.
  alignas(64) std::atomic<std::uint32_t> state;
  std::atomic<std::uint32_t> stage;
  std::atomic<std::int32_t> error;       // errno
  std::atomic<std::int64_t> held_bytes;  // data pages touched and not given back
  std::atomic<std::int64_t>
      alone_bytes;  // the part of them whose page tables the target was charged
  std::atomic<std::int64_t> huge_bytes;      // the part of them asked for as huge pages
  std::atomic<std::int64_t> first_touch_ns;  // CLOCK_MONOTONIC, 0 before
  std::atomic<std::int64_t> refused;         // populates that the kernel refused (ENOMEM)
  std::atomic<std::int64_t> cpu_ns;          // CPU time of the worker (a CPU load)
  std::atomic<std::int64_t> cpu_dropped_ns;  // debt given up, because the CPU was not to be had
  std::atomic<std::int64_t> toucher;         // its PID in the worker's namespace, 0: none
};
static_assert(sizeof(ControlBlock) <= static_cast<std::size_t>(kControlPage));

// Descriptors that the worker finds open.
inline constexpr int kControlFd = 3;
inline constexpr int kWardenFd = 4;   // pidfd of the warden: readable once it is gone
inline constexpr int kNotifyFd = 5;   // eventfd: written when the state changes
inline constexpr int kOutsideFd = 6;  // cgroup directory of the toucher; closed where there is none

}  // namespace duress::stress
