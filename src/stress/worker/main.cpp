// Set-up of a worker: control page, ties to the warden, sandbox, then its load. Runs once,
// single-threaded.
#include <linux/prctl.h>
#include <sys/mman.h>

#include "stress/worker/worker.h"

namespace duress::worker {

ControlBlock* control = nullptr;

namespace {

constexpr int kFirstJoinFd = stress::kOutsideFd + 1;

int parse_slot(const char* text) {
  int slot = 0;
  while (*text >= '0' && *text <= '9') slot = slot * 10 + (*text++ - '0');
  return slot;
}

// cgroup.procs files that the warden opened: the kernel checks the opener's rights, so no right is
// needed here. Written as late as can be, so that what it took to start is not charged to the
// target.
void join_cgroups() {
  for (int fd = kFirstJoinFd; fd < kFirstJoinFd + 8; ++fd) {
    const long written = call(SYS_write, fd, "0", 1);
    if (written == -9 /* EBADF */) return;
    if (written < 0) give_up(Stage::kJoin, written);
    call(SYS_close, fd);
  }
}

[[noreturn]] void run(long argc, char** argv) {
  if (argc < 2) exit_process(2);
  const int slot = parse_slot(argv[1]);
  const long page = call(SYS_mmap, nullptr, stress::kControlPage, PROT_READ | PROT_WRITE,
                         MAP_SHARED, stress::kControlFd, (slot - 1) * stress::kControlPage);
  if (page < 0 && page > -4096) exit_process(2);
  control = reinterpret_cast<ControlBlock*>(page);
  call(SYS_close, stress::kControlFd);

  const bool memory = control->kind == static_cast<std::uint32_t>(stress::Kind::kMemory);
  call(SYS_prctl, PR_SET_NAME, memory ? "duress-memory" : "duress-cpu", 0, 0, 0);
  call(SYS_prctl, PR_SET_PDEATHSIG, 9, 0, 0, 0);
  // The warden may have died before the line above; its parent's PID tells nothing across PID
  // namespaces.
  if (warden_gone()) give_up(Stage::kOrphan, 0);

  if (memory) prepare_memory();
  const long sandboxed = enter_sandbox();
  if (sandboxed < 0) give_up(Stage::kSandbox, sandboxed);
  join_cgroups();
  tell(State::kReady);
  if (memory) run_memory();
  run_cpu();
}

}  // namespace

void tell(State state) {
  control->state.store(static_cast<std::uint32_t>(state), std::memory_order_release);
  const std::uint64_t one = 1;
  call(SYS_write, stress::kNotifyFd, &one, sizeof one);
}

void give_up(Stage stage, long error) {
  control->stage.store(static_cast<std::uint32_t>(stage));
  control->error.store(static_cast<std::int32_t>(-error));
  tell(State::kFailed);
  exit_process(1);
}

std::int64_t next_end() {
  const std::int64_t lease = control->lease_ns.load(std::memory_order_relaxed);
  const std::int64_t deadline = control->deadline_ns;
  return deadline != 0 && deadline < lease ? deadline : lease;
}

bool must_end(std::int64_t now) {
  return control->order.load(std::memory_order_relaxed) ==
             static_cast<std::uint32_t>(Order::kRelease) ||
         now >= next_end();
}

bool warden_gone() {
  struct {
    int fd;
    short events;
    short revents;
  } poll_fd{stress::kWardenFd, 1 /* POLLIN */, 0};
  const Timespec none{};
  return call(SYS_ppoll, &poll_fd, 1, &none, nullptr, 8) != 0;
}

extern "C" [[noreturn]] void duress_worker_start(long* stack) {
  run(stack[0], reinterpret_cast<char**>(stack + 1));
}

}  // namespace duress::worker

asm(".globl _start\n"
    ".type _start, @function\n"
    "_start:\n\t"
    "xor %ebp, %ebp\n\t"
    "mov %rsp, %rdi\n\t"
    "and $-16, %rsp\n\t"
    "call duress_worker_start\n\t"
    "hlt\n");
