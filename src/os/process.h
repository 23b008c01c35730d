// Processes by pidfd: a PID alone may name another process tomorrow. Thin wrappers of system calls
// that glibc 2.36 does not have, with errors that say what was tried. Functions and one move-only
// owner; any thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>

#include "base/error.h"
#include "os/fd.h"

namespace duress::os {

[[nodiscard]] Result<Fd> pidfd_open(pid_t pid);
// kGone where it has ended.
[[nodiscard]] Result<> pidfd_signal(const Fd& pidfd, int signal);
[[nodiscard]] bool has_ended(const Fd& pidfd);
// Frees a dying process's memory in the caller's time (5.15); errors are of no consequence, the
// process frees it itself.
void process_mrelease(const Fd& pidfd);

// fork(), on kernels from 5.7 straight into a v2 cgroup where `cgroup_directory` is valid (clone3,
// CLONE_INTO_CGROUP). Returns 0 in the child. kBusy: the cgroup's pids.max is reached.
// `namespaces`: CLONE_NEW* that the child begins in.
[[nodiscard]] Result<pid_t> fork_into(const Fd& cgroup_directory, Fd* pidfd,
                                      std::uint64_t namespaces = 0);

// As many descriptors as this process may allow itself.
void allow_descriptors();

// A memfd that can be executed and no longer changed.
[[nodiscard]] Result<Fd> sealed_memfd(const std::string& name, const void* data, std::size_t size);
// A memfd of zeros to be shared, of fixed size.
[[nodiscard]] Result<Fd> shared_memfd(const std::string& name, std::size_t size);
[[nodiscard]] Result<Fd> event_fd();

// SIGKILL for all descendants, the youngest first, and for the process itself unless it is the
// caller.
void kill_tree(pid_t pid);

// Field 22 of /proc/PID/stat: with the PID it names a process for ever (until the next boot).
[[nodiscard]] Result<std::uint64_t> start_time(pid_t pid);

// It has ended, or is about to: the init of a PID namespace first waits for all others in it, which
// the kernel kills, so that their ends are seen before its own.
[[nodiscard]] bool is_exiting(pid_t pid);

}  // namespace duress::os
