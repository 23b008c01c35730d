// The few system calls that the worker makes, without a C library: a worker must not allocate, and
// must stay small in the target that it stresses. Each returns the kernel's answer, negative errno
// on failure. x86-64.
#pragma once

#include <linux/futex.h>
#include <linux/sched.h>
#include <sys/syscall.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#ifndef __x86_64__
#error "the worker's system calls are written for x86-64"
#endif

namespace duress::worker {

template <class... Args>
inline long call(long number, Args... args) {
  static_assert(sizeof...(Args) <= 6);
  // Built by conversion, not by cast: integers and pointers both end up in a register.
  [[maybe_unused]] const auto word = [](auto value) {
    if constexpr (std::is_pointer_v<decltype(value)> || std::is_null_pointer_v<decltype(value)>) {
      return reinterpret_cast<long>(value);
    } else {
      return static_cast<long>(value);
    }
  };
  const long a[6] = {word(args)...};  // those that are not given are 0
  // Registers: none of them can be const for the assembler. NOLINTBEGIN(misc-const-correctness)
  long result = number;
  register long r10 asm("r10") = a[3];
  register long r8 asm("r8") = a[4];
  register long r9 asm("r9") = a[5];
  asm volatile("syscall"
               : "+a"(result)
               : "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
               : "rcx", "r11", "memory");
  // NOLINTEND(misc-const-correctness)
  return result;
}

struct Timespec {
  std::int64_t seconds;
  std::int64_t nanoseconds;
};

inline constexpr std::int64_t kSecond = 1'000'000'000;

inline std::int64_t clock_ns(int clock) {
  Timespec t{};
  call(SYS_clock_gettime, clock, &t);
  return t.seconds * kSecond + t.nanoseconds;
}

inline std::int64_t now_ns() { return clock_ns(1); }         // CLOCK_MONOTONIC
inline std::int64_t thread_cpu_ns() { return clock_ns(3); }  // CLOCK_THREAD_CPUTIME_ID
inline std::int64_t cpu_time_ns() { return clock_ns(2); }    // CLOCK_PROCESS_CPUTIME_ID

inline void sleep_until(std::int64_t when_ns) {
  const Timespec t{when_ns / kSecond, when_ns % kSecond};
  call(SYS_clock_nanosleep, 1, 1 /* TIMER_ABSTIME */, &t, nullptr);
}

// Shared, not FUTEX_PRIVATE: the supervisor waits and wakes through its own mapping of the page.
inline void futex_wait(std::atomic<std::uint32_t>& word, std::uint32_t seen,
                       std::int64_t until_ns) {
  const Timespec t{until_ns / kSecond, until_ns % kSecond};
  call(SYS_futex, &word, FUTEX_WAIT_BITSET, seen, &t, nullptr, FUTEX_BITSET_MATCH_ANY);
}

inline void futex_wake(std::atomic<std::uint32_t>& word) {
  call(SYS_futex, &word, FUTEX_WAKE, 0x7fffffff, nullptr, nullptr, 0);
}

[[noreturn]] inline void exit_thread(int code) {
  for (;;) call(SYS_exit, code);
}
[[noreturn]] inline void exit_process(int code) {
  for (;;) call(SYS_exit_group, code);
}

// clone3 onto the stack named in `args`; the child runs `entry`, which never returns.
inline long clone_onto_stack(clone_args& args, void (*entry)()) {
  long result = SYS_clone3;  // NOLINT(misc-const-correctness): written by the assembler
  register void (*child)() asm("r12") = entry;
  asm volatile(
      "syscall\n\t"
      "test %%rax, %%rax\n\t"
      "jnz 1f\n\t"
      "xor %%ebp, %%ebp\n\t"
      "call *%%r12\n\t"
      "hlt\n"
      "1:"
      : "+a"(result)
      : "D"(&args), "S"(sizeof args), "r"(child)
      : "rcx", "r11", "memory");
  return result;
}

}  // namespace duress::worker
