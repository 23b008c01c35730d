// The warden's own process: see warden.h.
#include <fcntl.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>
#include <map>
#include <memory>

#include "os/file.h"
#include "os/message.h"
#include "os/poller.h"
#include "os/process.h"
#include "os/serve.h"
#include "os/stand_apart.h"
#include "stress/control_pages.h"
#include "stress/stressor_image.h"
#include "stress/warden.h"

namespace duress::stress {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto kReleasePatience = milliseconds(500);
constexpr auto kKillPatience = milliseconds(5000);
constexpr int kFirstFree = 64;  // descriptors are moved here before they get their final numbers

struct Worker {
  pid_t pid = -1;
  os::Fd pidfd;
  std::shared_ptr<ControlPages> pages;  // null: a program, not one of our workers
  std::uint32_t slot = 0;
};

// The descriptors of a request, in the order of warden_protocol.h.
struct Passed {
  os::Fd first;   // control pages, or the program
  os::Fd second;  // notify, or the arguments
  std::vector<os::Fd> joins;
  os::Fd into;
  os::Fd outside;
  os::Fd pid_namespace;
};

bool sort_out(const Request& request, std::vector<os::Fd> fds, Passed& passed) {
  const std::size_t wanted =
      2 + request.joins + request.into + request.outside + request.pid_namespace;
  if (request.into > 1 || request.outside > 1 || request.pid_namespace > 1 ||
      fds.size() != wanted) {
    return false;
  }
  std::size_t next = 0;
  passed.first = std::move(fds[next++]);
  passed.second = std::move(fds[next++]);
  for (std::uint32_t i = 0; i < request.joins; ++i) passed.joins.push_back(std::move(fds[next++]));
  if (request.into != 0) passed.into = std::move(fds[next++]);
  if (request.outside != 0) passed.outside = std::move(fds[next++]);
  if (request.pid_namespace != 0) passed.pid_namespace = std::move(fds[next++]);
  return true;
}

class WardenProcess final {
 public:
  WardenProcess(os::Fd socket, Journal& journal, os::Fd image, os::Fd self)
      : socket_(std::move(socket)),
        journal_(journal),
        image_(std::move(image)),
        self_(std::move(self)),
        own_pid_namespace_(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC)) {}

  void serve(const os::Fd& child_signals);
  void clean_up();

 private:
  void handle(const Request& request, std::vector<os::Fd> fds);
  void place(const Request& request, Passed passed);
  void run_program(const Request& request, Passed passed);
  void change(const Request& request);
  void make_child(const Request& request);
  Result<pid_t> fork_worker(const Passed& passed, os::Fd* pidfd);
  [[noreturn]] void become_worker(const Request& request, const Passed& passed, std::uint32_t slot);
  [[noreturn]] void become_program(const Request& request, const Passed& passed);
  void reap();
  void kill(Worker& worker);
  bool reap_until_none(milliseconds patience);
  void tell(const Event& event, std::span<const int> fds = {}) {
    (void)os::send(socket_, event, fds);
  }
  void tell_refused(const Error& error);
  void tell_done() { tell({.tell = Tell::kDone}); }

  os::Fd socket_;
  Journal& journal_;
  os::Fd image_;
  os::Fd self_;  // pidfd of this process, for the workers to watch
  os::Fd own_pid_namespace_;
  std::map<std::uint32_t, Worker> workers_;
};

void WardenProcess::tell_refused(const Error& error) {
  Event event{.tell = Tell::kRefused, .code = static_cast<std::uint32_t>(error.code)};
  error.message.copy(event.text, sizeof event.text - 1);
  tell(event);
}

Result<pid_t> WardenProcess::fork_worker(const Passed& passed, os::Fd* pidfd) {
  const bool other_namespace =
      passed.pid_namespace && ::setns(passed.pid_namespace.get(), CLONE_NEWPID) == 0;
  auto pid = os::fork_into(passed.into, pidfd);
  if (other_namespace && (!pid || *pid > 0)) (void)::setns(own_pid_namespace_.get(), CLONE_NEWPID);
  return pid;
}

// In the child: nothing may be assumed but the descriptors. A failure is written to the control
// page.
[[noreturn]] void die(const os::Fd& control, std::uint32_t slot, Stage stage, int error) {
  const auto at = static_cast<off_t>(slot * kControlPage);
  const auto put = [&](std::size_t offset, const auto& value) {
    (void)!::pwrite(control.get(), &value, sizeof value, at + static_cast<off_t>(offset));
  };
  put(offsetof(ControlBlock, error), static_cast<std::int32_t>(error));
  put(offsetof(ControlBlock, stage), static_cast<std::uint32_t>(stage));
  put(offsetof(ControlBlock, state), static_cast<std::uint32_t>(State::kFailed));
  ::_exit(126);
}

int set_oom_score_adj(int adj) {
  const os::Fd file(::open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC));
  const std::string text = std::to_string(adj);
  if (!file || ::write(file.get(), text.data(), text.size()) < 0) return errno;
  return 0;
}

void WardenProcess::become_worker(const Request& request, const Passed& passed,
                                  std::uint32_t slot) {
  os::forget_signals();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (const int error = set_oom_score_adj(request.oom_score_adj); error != 0) {
    die(passed.first, slot, Stage::kOomScore, error);
  }
  if (request.nice != 0) (void)::setpriority(PRIO_PROCESS, 0, request.nice);
  std::vector<int> fds = {passed.first.get(), self_.get(), passed.second.get(),
                          passed.outside.get()};
  for (const os::Fd& join : passed.joins) {
    const int procs = ::openat(join.get(), "cgroup.procs", O_WRONLY | O_CLOEXEC);
    if (procs < 0) die(passed.first, slot, Stage::kJoin, errno);
    fds.push_back(procs);
  }
  const int image = ::fcntl(image_.get(), F_DUPFD_CLOEXEC, kFirstFree);
  for (int& fd : fds) {
    if (fd >= 0) fd = ::fcntl(fd, F_DUPFD_CLOEXEC, kFirstFree);
  }
  const os::Fd control(::fcntl(fds[0], F_DUPFD_CLOEXEC, kFirstFree));
  for (std::size_t i = 0; i < fds.size(); ++i) {
    const int number = kControlFd + static_cast<int>(i);
    if (fds[i] >= 0) {
      ::dup2(fds[i], number);
    } else {
      ::close(number);
    }
  }
  std::string name = request.kind == Kind::kMemory ? "duress-memory" : "duress-cpu";
  std::string which = std::to_string(slot + 1);
  char* const arguments[] = {name.data(), which.data(), nullptr};
  char* const environment[] = {nullptr};
  ::syscall(SYS_execveat, image, "", arguments, environment, AT_EMPTY_PATH);
  die(control, slot, Stage::kExec, errno);
}

void WardenProcess::place(const Request& request, Passed passed) {
  auto mapped = ControlPages::map(passed.first);
  if (!mapped) return tell_refused(mapped.error());
  const auto pages = std::make_shared<ControlPages>(std::move(*mapped));
  if (request.count == 0 || request.slot + request.count > pages->count()) {
    return tell_refused({Code::kInternal, "place workers: no such control page"});
  }
  for (std::uint32_t i = 0; i < request.count; ++i) {
    os::Fd pidfd;
    auto pid = fork_worker(passed, &pidfd);
    if (!pid) {
      for (std::uint32_t placed = 0; placed < i; ++placed) kill(workers_[request.id + placed]);
      return tell_refused(pid.error().context("worker " + std::to_string(i + 1)));
    }
    if (*pid == 0) become_worker(request, passed, request.slot + i);
    workers_[request.id + i] = {*pid, std::move(pidfd), pages, request.slot + i};
    tell({.tell = Tell::kPlaced, .id = request.id + i, .pid = *pid});
  }
  tell_done();
}

void WardenProcess::become_program(const Request& request, const Passed& passed) {
  os::forget_signals();
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  (void)set_oom_score_adj(request.oom_score_adj);
  for (const os::Fd& join : passed.joins) {
    if (!os::write_at(join, "cgroup.procs", "0")) ::_exit(126);
  }
  auto text = os::read_fd(passed.second, "arguments");
  if (!text) ::_exit(126);
  std::vector<char*> arguments;
  for (std::size_t at = 0; at < text->size(); at += std::strlen(text->data() + at) + 1) {
    arguments.push_back(text->data() + at);
  }
  arguments.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* const environment[] = {path, nullptr};
  ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  ::syscall(SYS_execveat, passed.first.get(), "", arguments.data(), environment, AT_EMPTY_PATH);
  ::_exit(126);
}

void WardenProcess::run_program(const Request& request, Passed passed) {
  os::Fd pidfd;
  auto pid = fork_worker(passed, &pidfd);
  if (!pid) return tell_refused(pid.error().context("stress-ng"));
  if (*pid == 0) become_program(request, passed);
  workers_[request.id] = {*pid, std::move(pidfd), nullptr, 0};
  tell({.tell = Tell::kPlaced, .id = request.id, .pid = *pid});
}

void WardenProcess::change(const Request& request) {
  const std::string directory = request.directory;
  const std::string file = request.file;
  auto before = control_value(directory, file);
  if (!before) return tell_refused(before.error());
  const Change change{directory, file, *before, request.value};
  if (auto noted = journal_.add(change); !noted) return tell_refused(noted.error());
  auto opened = os::open_directory(directory);
  auto written = opened ? os::write_at(*opened, file, change.after)
                        : Result<>(std::unexpected(opened.error()));
  if (!written) return tell_refused(written.error().context(directory));
  tell_done();
}

void WardenProcess::make_child(const Request& request) {
  const std::string directory = std::string(request.directory) + "/" + request.file;
  if (!std::string_view(request.file).starts_with("duress-")) {
    return tell_refused({Code::kInternal, "make " + directory});
  }
  if (auto noted = journal_.add({directory, "", "", ""}); !noted)
    return tell_refused(noted.error());
  if (::mkdir(directory.c_str(), 0755) < 0)
    return tell_refused(fail_errno(errno, "make " + directory).error());
  const os::Fd opened(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!opened) return tell_refused(fail_errno(errno, "open " + directory).error());
  const int raw[] = {opened.get()};
  tell({.tell = Tell::kDone}, raw);
}

// SIGKILL, and the memory freed in our time rather than in the target's. A toucher is ordered to
// end: it frees.
void WardenProcess::kill(Worker& worker) {
  if (worker.pages) order_release(worker.pages->block(worker.slot));
  if (!worker.pages) return os::kill_tree(worker.pid);
  (void)os::pidfd_signal(worker.pidfd, SIGKILL);
  os::process_mrelease(worker.pidfd);
}

void WardenProcess::reap() {
  int status = 0;
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
    const auto found = std::ranges::find_if(
        workers_, [pid](const auto& entry) { return entry.second.pid == pid; });
    if (found == workers_.end()) continue;  // a toucher
    // A toucher that outlives its worker holds the memory.
    if (const Worker& worker = found->second; worker.pages) {
      order_release(worker.pages->block(worker.slot));
    }
    tell({.tell = Tell::kEnded, .id = found->first, .pid = pid, .status = status});
    workers_.erase(found);
  }
}

void WardenProcess::handle(const Request& request, std::vector<os::Fd> fds) {
  Passed passed;
  switch (request.op) {
    case Op::kPlace:
    case Op::kProgram:
      if (!sort_out(request, std::move(fds), passed)) {
        return tell_refused({Code::kInternal, "place workers: descriptors are missing"});
      }
      if (request.op == Op::kPlace) return place(request, std::move(passed));
      return run_program(request, std::move(passed));
    case Op::kEnd:
      if (const auto found = workers_.find(request.id); found != workers_.end())
        kill(found->second);
      return tell_done();
    case Op::kChange:
      return change(request);
    case Op::kMakeChild:
      return make_child(request);
    case Op::kUndo: {
      auto changes = journal_.changes();
      const std::vector<std::string> left =
          changes ? put_back(*changes) : std::vector<std::string>();
      if (!changes) return tell_refused(changes.error());
      if (!left.empty()) return tell_refused({Code::kIo, left.front()});
      return tell_done();
    }
  }
  tell_refused({Code::kInternal, "an unknown request"});
}

void WardenProcess::serve(const os::Fd& child_signals) {
  os::serve<Request>(
      socket_, child_signals,
      [this](const Request& request, std::vector<os::Fd> fds) { handle(request, std::move(fds)); },
      [this] { reap(); });
}

bool WardenProcess::reap_until_none(milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  while (true) {
    int status = 0;
    const pid_t pid = ::waitpid(-1, &status, WNOHANG);
    if (pid < 0 && errno == ECHILD) return true;
    if (pid > 0) {
      std::erase_if(workers_, [pid](const auto& entry) { return entry.second.pid == pid; });
      continue;
    }
    if (steady_clock::now() > until) return false;
    ::usleep(500);
  }
}

void WardenProcess::clean_up() {
  for (auto& [id, worker] : workers_) {
    if (!worker.pages) {
      (void)os::pidfd_signal(worker.pidfd, SIGTERM);
      continue;
    }
    order_release(worker.pages->block(worker.slot));
  }
  if (!reap_until_none(kReleasePatience)) {
    for (auto& [id, worker] : workers_) kill(worker);
    os::kill_tree(::getpid());
    (void)reap_until_none(kKillPatience);
  }
  const auto changes = journal_.changes();
  if (changes && put_back(*changes).empty()) journal_.remove();
}

}  // namespace

void warden_main(os::Fd socket, Journal& journal) {
  os::stand_apart("duress-warden");
  ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  const std::span<const unsigned char> image = stressor_image();
  auto file = os::sealed_memfd("duress-stressor", image.data(), image.size());
  auto self = os::pidfd_open(::getpid());
  auto child_signals = os::signal_fd({SIGCHLD});
  if (!file || !self || !child_signals) ::_exit(1);
  WardenProcess warden(std::move(socket), journal, std::move(*file), std::move(*self));
  warden.serve(*child_signals);
  warden.clean_up();
  ::_exit(0);
}

}  // namespace duress::stress
