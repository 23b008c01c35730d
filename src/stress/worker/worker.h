// The worker program: one process in the target that holds memory or burns CPU as its control page
// says, and ends when told, when its lease or deadline passes, or when its warden dies. No C
// library, no allocation, no configuration. What is here is shared by its four sources; each piece
// runs in the thread that its comment names.
#pragma once

#include "stress/control_block.h"
#include "stress/worker/syscalls.h"

namespace duress::worker {

using stress::ControlBlock;
using stress::Order;
using stress::Stage;
using stress::State;

extern ControlBlock*
    control;  // NOLINT(bugprone-dynamic-static-initializers): mapped before anything else runs

void tell(State state);                              // sets it and writes the notify eventfd
[[noreturn]] void give_up(Stage stage, long error);  // tells kFailed and exits
[[nodiscard]] bool must_end(std::int64_t now);  // ordered to release, lease over or deadline passed
[[nodiscard]] std::int64_t next_end();          // the earlier of lease and deadline
[[nodiscard]] bool warden_gone();

// Drops every capability, forbids new ones, tracing and every system call that the worker does not
// need.
[[nodiscard]] long enter_sandbox();

// Maps and locks the address space to be filled; before the sandbox, since locking needs
// CAP_IPC_LOCK.
void prepare_memory();
[[noreturn]] void run_memory();
[[noreturn]] void run_cpu();

}  // namespace duress::worker
