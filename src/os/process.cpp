#include "os/process.h"

#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <cstdlib>

#include "os/file.h"

#ifndef SYS_process_mrelease
#define SYS_process_mrelease 448
#endif
#ifndef MFD_EXEC
#define MFD_EXEC 0x0010U
#endif

namespace duress::os {

Result<Fd> pidfd_open(pid_t pid) {
  const long fd = ::syscall(SYS_pidfd_open, pid, 0U);
  if (fd < 0) return fail_errno(errno, "open process " + std::to_string(pid));
  return Fd(static_cast<int>(fd));
}

Result<> pidfd_signal(const Fd& pidfd, int signal) {
  if (::syscall(SYS_pidfd_send_signal, pidfd.get(), signal, nullptr, 0U) < 0) {
    return fail_errno(errno, "signal a process");
  }
  return {};
}

bool has_ended(const Fd& pidfd) {
  pollfd poll_fd{pidfd.get(), POLLIN, 0};
  return ::poll(&poll_fd, 1, 0) > 0;
}

void process_mrelease(const Fd& pidfd) { ::syscall(SYS_process_mrelease, pidfd.get(), 0U); }

Result<pid_t> fork_into(const Fd& cgroup_directory, Fd* pidfd, std::uint64_t namespaces) {
  int raw_pidfd = -1;
  clone_args args{};
  args.exit_signal = SIGCHLD;
  args.flags = CLONE_PIDFD | namespaces;
  // clone_args holds addresses as numbers.
  args.pidfd = reinterpret_cast<std::uint64_t>(&raw_pidfd);
  if (cgroup_directory) {
    args.flags |= CLONE_INTO_CGROUP;
    args.cgroup = static_cast<unsigned>(cgroup_directory.get());
  }
  const long pid = ::syscall(SYS_clone3, &args, sizeof args);
  if (pid < 0) return fail_errno(errno, "start a process in the cgroup");
  if (pid > 0) *pidfd = Fd(raw_pidfd);
  return static_cast<pid_t>(pid);
}

void allow_descriptors() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) < 0) return;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
}

Result<Fd> sealed_memfd(const std::string& name, const void* data, std::size_t size) {
  long raw = ::syscall(SYS_memfd_create, name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING | MFD_EXEC);
  if (raw < 0 && errno == EINVAL) {  // MFD_EXEC is of 6.3
    raw = ::syscall(SYS_memfd_create, name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  }
  if (raw < 0) return fail_errno(errno, "make a memory file for " + name);
  Fd fd(static_cast<int>(raw));
  const char* at = static_cast<const char*>(data);
  while (size > 0) {
    const ssize_t written = ::write(fd.get(), at, size);
    if (written < 0) return fail_errno(errno, "write the memory file of " + name);
    at += written;
    size -= static_cast<std::size_t>(written);
  }
  const int seals = F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
  if (::fcntl(fd.get(), F_ADD_SEALS, seals) < 0) return fail_errno(errno, "seal " + name);
  return fd;
}

Result<Fd> shared_memfd(const std::string& name, std::size_t size) {
  const long raw = ::syscall(SYS_memfd_create, name.c_str(), MFD_CLOEXEC | MFD_ALLOW_SEALING);
  if (raw < 0) return fail_errno(errno, "make a memory file for " + name);
  Fd fd(static_cast<int>(raw));
  if (::ftruncate(fd.get(), static_cast<off_t>(size)) < 0) return fail_errno(errno, "size " + name);
  // A worker that shrank it would have the supervisor die of SIGBUS.
  if (::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW) < 0) {
    return fail_errno(errno, "seal " + name);
  }
  return fd;
}

Result<Fd> event_fd() {
  Fd fd(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!fd) return fail_errno(errno, "make an eventfd");
  return fd;
}

namespace {

// Field `number` of /proc/PID/stat, counted from 1 as proc(5) does; of those after the name.
Result<std::uint64_t> stat_field(pid_t pid, int number) {
  const std::string path = "/proc/" + std::to_string(pid) + "/stat";
  auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  // The name may hold spaces and parentheses: count from the last one.
  const std::size_t after = text->rfind(')');
  if (after == std::string::npos) return fail(Code::kIo, path + ": not a stat line");
  std::size_t at = after + 1;
  for (int field = 3; field < number; ++field) {
    at = text->find(' ', at + 1);
    if (at == std::string::npos) return fail(Code::kIo, path + ": too short");
  }
  std::uint64_t value = 0;
  const char* end = text->data() + text->size();
  if (std::from_chars(text->data() + at + 1, end, value).ec != std::errc()) {
    return fail(Code::kIo, path + ": no number in field " + std::to_string(number));
  }
  return value;
}

}  // namespace

Result<std::uint64_t> start_time(pid_t pid) {
  constexpr int kStartTime = 22;
  return stat_field(pid, kStartTime);
}

bool is_exiting(pid_t pid) {
  constexpr int kFlags = 9;
  constexpr std::uint64_t kExiting = 0x4;  // PF_EXITING, include/linux/sched.h
  const auto flags = stat_field(pid, kFlags);
  return !flags || (*flags & kExiting) != 0;
}

// All processes below, the children first: stress-ng starts children that start children.
void kill_tree(pid_t pid) {
  const std::string id = std::to_string(pid);
  if (auto text = read_file("/proc/" + id + "/task/" + id + "/children")) {
    const char* at = text->c_str();
    char* end = nullptr;
    for (long child = std::strtol(at, &end, 10); end != at; child = std::strtol(at, &end, 10)) {
      kill_tree(static_cast<pid_t>(child));
      at = end;
    }
  }
  if (pid != ::getpid()) ::kill(pid, SIGKILL);
}

}  // namespace duress::os
