// Least power: whoever breaks into a worker can give memory back and burn CPU, which it does
// anyway.
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/prctl.h>
#include <linux/seccomp.h>

#include "stress/worker/worker.h"

namespace duress::worker {

namespace {

// clone3 makes the filling threads and the toucher. write: the notify eventfd and cgroup.procs.
constexpr std::uint32_t kAllowed[] = {
    SYS_madvise,         SYS_munmap,          SYS_munlock, SYS_mlock2, SYS_clone3,
    SYS_set_tid_address, SYS_futex,           SYS_write,   SYS_prctl,  SYS_close,
    SYS_clock_gettime,   SYS_clock_nanosleep, SYS_ppoll,   SYS_exit,   SYS_exit_group,
};
constexpr std::size_t kCount = sizeof kAllowed / sizeof kAllowed[0];

struct Filter {
  sock_filter code[kCount + 5];
};

constexpr sock_filter statement(std::uint16_t code, std::uint32_t k) { return {code, 0, 0, k}; }

constexpr Filter build() {
  Filter filter{};
  std::size_t n = 0;
  filter.code[n++] = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch));
  filter.code[n++] = {BPF_JMP | BPF_JEQ | BPF_K, 0, kCount + 1, AUDIT_ARCH_X86_64};
  filter.code[n++] = statement(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr));
  for (std::size_t i = 0; i < kCount; ++i) {
    filter.code[n++] = {BPF_JMP | BPF_JEQ | BPF_K, static_cast<std::uint8_t>(kCount - i), 0,
                        kAllowed[i]};
  }
  filter.code[n++] = statement(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
  filter.code[n++] = statement(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  return filter;
}

constexpr Filter kFilter = build();

}  // namespace

long enter_sandbox() {
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  call(SYS_prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  if (const long set = call(SYS_capset, &header, none); set < 0) return set;
  if (const long set = call(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); set < 0) return set;
  if (const long set = call(SYS_prctl, PR_SET_DUMPABLE, 0, 0, 0, 0); set < 0) return set;
  // A tick of the CPU load is 1 ms: the default slack of 50 us would be 5 % of it.
  call(SYS_prctl, PR_SET_TIMERSLACK, 1, 0, 0, 0);
  const sock_fprog program{static_cast<unsigned short>(sizeof kFilter.code / sizeof(sock_filter)),
                           const_cast<sock_filter*>(kFilter.code)};
  return call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

}  // namespace duress::worker
