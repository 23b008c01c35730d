#include "os/stand_apart.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>

#include "os/fd.h"

namespace duress::os {

void stand_apart(const char* name) {
  ::prctl(PR_SET_NAME, name, 0, 0, 0);
  ::setsid();
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGPIPE, SIGQUIT}) ::signal(signal, SIG_IGN);
  (void)!::chdir("/");
  const Fd null(::open("/dev/null", O_RDWR | O_CLOEXEC));
  if (!null) return;
  for (const int standard : {0, 1, 2}) ::dup2(null.get(), standard);
}

void forget_signals() {
  for (int signal = 1; signal < NSIG; ++signal) {
    if (signal != SIGKILL && signal != SIGSTOP) ::signal(signal, SIG_DFL);
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
}

void close_all_but(std::vector<int> kept) {
  std::ranges::sort(kept);
  unsigned from = 3;
  for (const int fd : kept) {
    const auto at = static_cast<unsigned>(fd);
    if (at > from) ::syscall(SYS_close_range, from, at - 1, 0U);
    from = std::max(from, at + 1);
  }
  ::syscall(SYS_close_range, from, ~0U, 0U);
}

}  // namespace duress::os
