// The CPU load: spins for its share of every millisecond and carries what it owes. One thread.
#include "stress/duty_cycle.h"
#include "stress/worker/worker.h"

namespace duress::worker {

namespace {

constexpr std::int64_t kCycle = 1'000'000;

void spin_a_little() {
  for (int i = 0; i < 400; ++i) asm volatile("" ::: "memory");
}

// Spins until `owed` is paid, at most to the end of the cycle: orders are looked at once a cycle.
void spin(std::int64_t owed, std::int64_t until) {
  const std::int64_t paid = cpu_time_ns() + owed;
  do {
    spin_a_little();
  } while (cpu_time_ns() < paid && now_ns() < until);
}

}  // namespace

void run_cpu() {
  stress::DutyCycle duty;
  std::int64_t next = now_ns() + control->cycle_phase_ns;
  duty.start(now_ns(), cpu_time_ns());
  tell(State::kHolding);
  for (;;) {
    const std::uint32_t seen = control->wake.load(std::memory_order_acquire);
    const std::int64_t share = control->cpu_share_ppb.load(std::memory_order_relaxed);
    const std::int64_t now = now_ns();
    if (must_end(now)) {
      tell(State::kReleased);
      exit_process(0);
    }
    const std::int64_t used = cpu_time_ns();
    control->cpu_ns.store(used, std::memory_order_relaxed);
    if (share <= 0) {
      futex_wait(control->wake, seen, next_end());
      duty.start(now_ns(), cpu_time_ns());
      continue;
    }
    const std::int64_t owed = duty.owed(now, used, share);
    control->cpu_dropped_ns.store(duty.dropped_ns(), std::memory_order_relaxed);
    if (next <= now) next += ((now - next) / kCycle + 1) * kCycle;
    if (owed > 0) spin(owed, next);
    if (now_ns() < next) sleep_until(next);
  }
}

}  // namespace duress::worker
