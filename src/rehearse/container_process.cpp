#include "rehearse/container_process.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/close_range.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>

#include "cgroup/parse.h"
#include "os/file.h"
#include "os/stand_apart.h"

namespace duress::rehearse {

namespace {

// Go's words for an errno are those of the C library, in lower case.
std::string errno_words(int error) {
  std::string out = std::strerror(error);
  if (!out.empty()) out[0] = static_cast<char>(std::tolower(static_cast<unsigned char>(out[0])));
  return out;
}

constexpr int kNotStarted = 128;  // containerd's exit code for what could not be started

// What containerd leaves a container of root (oci/spec.go, defaultUnixCaps).
constexpr std::array<int, 14> kCapabilities = {
    CAP_CHOWN,   CAP_DAC_OVERRIDE, CAP_FOWNER,  CAP_FSETID,     CAP_KILL,
    CAP_SETGID,  CAP_SETUID,       CAP_SETPCAP, CAP_SETFCAP,    CAP_NET_BIND_SERVICE,
    CAP_NET_RAW, CAP_SYS_CHROOT,   CAP_MKNOD,   CAP_AUDIT_WRITE};

[[noreturn]] void give_up(const Becoming& becoming, const std::string& why) {
  (void)!::write(becoming.report.get(), why.data(), why.size());
  ::_exit(kNotStarted);
}

[[noreturn]] void give_up(const Becoming& becoming, const char* what, int error) {
  give_up(becoming, std::string(what) + ": " + std::strerror(error));
}

void require(const Becoming& becoming, bool done, const char* what) {
  if (!done) give_up(becoming, what, errno);
}

void join(const Becoming& becoming) {
  for (const os::Fd& directory : becoming.joins) {
    if (auto joined = os::write_at(directory, "cgroup.procs", "0"); !joined) {
      give_up(becoming, joined.error().context("join the container's cgroup").message);
    }
  }
}

void set_score(int score) {
  std::ofstream file("/proc/self/oom_score_adj");
  file << score;  // already reckoned by what this machine lets: see reachable_score()
}

void set_streams(const Becoming& becoming) {
  ::setsid();
  const os::Fd null(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  require(becoming, null.valid(), "open /dev/null");
  ::dup2(null.get(), 0);
  ::dup2(becoming.output.get(), 1);
  ::dup2(becoming.output.get(), 2);
  ::umask(022);
  os::forget_signals();
}

__user_cap_data_struct kept_of(std::size_t word) {
  __user_cap_data_struct out{};
  for (const int capability : kCapabilities) {
    if (static_cast<std::size_t>(capability) / 32 != word) continue;
    out.effective |= 1U << (static_cast<unsigned>(capability) % 32U);
  }
  out.permitted = out.effective;
  return out;
}

void drop_rights(const Becoming& becoming) {
  constexpr int kMost = 64;
  for (int capability = 0; capability < kMost; ++capability) {
    if (std::ranges::find(kCapabilities, capability) == kCapabilities.end()) {
      ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
    }
  }
  const PlannedContainer& container = becoming.container;
  require(becoming, ::setgroups(0, nullptr) == 0, "give up the supplementary groups");
  require(becoming, ::setresgid(container.group, container.group, container.group) == 0,
          "take on the container's group");
  require(becoming, ::setresuid(container.user, container.user, container.user) == 0,
          "take on the container's user");
  if (container.user != 0) return;  // the kernel took them all
  __user_cap_header_struct header{_LINUX_CAPABILITY_VERSION_3, 0};
  const __user_cap_data_struct kept[2] = {kept_of(0), kept_of(1)};
  require(becoming, ::syscall(SYS_capset, &header, kept) == 0, "give up capabilities");
}

std::vector<char*> pointers(const std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (const std::string& text : texts) out.push_back(const_cast<char*>(text.c_str()));
  out.push_back(nullptr);
  return out;
}

// By the container's own PATH; unset: the first one that is there, but may not be executed, decides
// what is said. Not execvpe(), which runs what has no known format as a shell script.
Result<std::string> find_program(const std::string& name,
                                 const std::vector<std::string>& environment) {
  if (name.find('/') != std::string::npos) return name;
  constexpr std::string_view kPath = "PATH=";
  int error = ENOENT;
  for (const std::string& variable : environment) {
    if (!variable.starts_with(kPath)) continue;
    for (std::string directory : cgroup::split(variable.substr(kPath.size()), ':')) {
      if (directory.empty()) directory = ".";
      std::string path = directory + "/" + name;
      struct stat found{};
      if (::stat(path.c_str(), &found) < 0 || S_ISDIR(found.st_mode)) continue;
      if (::access(path.c_str(), X_OK) == 0) return path;
      error = EACCES;
    }
  }
  return fail(Code::kNotFound, exec_failure(name, error));
}

[[noreturn]] void execute(const Becoming& becoming, const std::vector<std::string>& words) {
  const std::string& directory = becoming.container.working_directory;
  if (::chdir(directory.c_str()) < 0) {
    give_up(becoming, "chdir to cwd (\"" + directory +
                          "\") set in config.json failed: " + errno_words(errno));
  }
  drop_rights(becoming);
  // Cleared by the change of the user.
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  if (words.empty()) give_up(becoming, "no command specified");
  auto program = find_program(words[0], becoming.container.environment);
  if (!program) give_up(becoming, program.error().message);
  const std::vector<char*> arguments = pointers(words);
  const std::vector<char*> environment = pointers(becoming.container.environment);
  // Executing closes all of them; the report's end is how the start is seen.
  ::syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC);
  ::execve(program->c_str(), arguments.data(), environment.data());
  give_up(becoming, exec_failure(words[0], errno));
}

}  // namespace

std::string exec_failure(const std::string& program, int error) {
  const std::string named = "exec: \"" + program + "\": ";
  if (error == ENOENT && program.find('/') == std::string::npos) {
    return named + "executable file not found in $PATH";
  }
  const std::string words = errno_words(error);
  if (error == ENOENT) return named + "stat " + program + ": " + words;
  if (error == ENOEXEC) return "exec " + program + ": exec format error";
  return named + words;
}

void become_container(const Becoming& becoming, const PodNamespaces& namespaces,
                      const std::vector<CgroupView>& views) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  join(becoming);
  require(becoming, ::setns(namespaces.network.get(), CLONE_NEWNET) == 0,
          "enter the Pod's network");
  require(becoming, ::setns(namespaces.names.get(), CLONE_NEWUTS) == 0,
          "enter the Pod's host name");
  require(becoming, ::setns(namespaces.ipc.get(), CLONE_NEWIPC) == 0, "enter the Pod's IPC");
  // On v1 too, where runtimes often do without: what it reads of itself then leads to files that
  // are there, whichever way it looks for them.
  require(becoming, ::unshare(CLONE_NEWNS | CLONE_NEWCGROUP) == 0,
          "make the container's mount namespace");
  set_score(becoming.container.oom_score_adj);
  if (auto done = set_up_mounts(becoming.pod, becoming.container, views); !done) {
    give_up(becoming, done.error().message);
  }
  set_streams(becoming);
  execute(becoming, becoming.container.arguments);
}

void become_command(const Becoming& becoming, const std::vector<std::string>& arguments,
                    const os::Fd& container) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  join(becoming);
  set_score(becoming.container.oom_score_adj);
  const int wanted = CLONE_NEWNET | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNS | CLONE_NEWCGROUP;
  require(becoming, ::setns(container.get(), wanted) == 0, "enter the container");
  set_streams(becoming);
  execute(becoming, arguments);
}

}  // namespace duress::rehearse
