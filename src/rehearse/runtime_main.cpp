// The runtime's own process: see runtime.h.
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>

#include "os/file.h"
#include "os/message.h"
#include "os/poller.h"
#include "os/process.h"
#include "os/serve.h"
#include "rehearse/caretaker.h"
#include "rehearse/container_process.h"
#include "rehearse/pod_namespaces.h"
#include "rehearse/runtime.h"

namespace duress::rehearse {

namespace {

class RuntimeProcess final {
 public:
  RuntimeProcess(os::Fd socket, const RuntimePlan& plan, os::Fd own_pids)
      : socket_(std::move(socket)), plan_(plan), own_pids_(std::move(own_pids)) {}

  void serve(const os::Fd& child_signals);

 private:
  void handle(const RuntimeRequest& request, const std::vector<os::Fd>& fds);
  void make_pod(const RuntimeRequest& request);
  void start(const RuntimeRequest& request, const std::vector<os::Fd>& fds);
  void exec(const RuntimeRequest& request, const std::vector<os::Fd>& fds);
  void open_socket(const RuntimeRequest& request);
  [[nodiscard]] bool is_known(const RuntimeRequest& request) const;
  [[nodiscard]] Result<std::vector<os::Fd>> directories(const std::string& cgroup) const;
  void note(const RuntimeRequest& request, pid_t pid, const os::Fd& pidfd);
  void reap();
  void tell(const RuntimeAnswer& answer, std::span<const int> fds = {}) {
    (void)os::send(socket_, answer, fds);
  }
  void refuse(const Error& error);

  os::Fd socket_;
  const RuntimePlan& plan_;
  os::Fd own_pids_;
  std::map<std::uint32_t, PodNamespaces> pods_;
  std::map<pid_t, std::uint32_t> keys_;
};

void RuntimeProcess::refuse(const Error& error) {
  RuntimeAnswer answer{.tell = RuntimeTell::kRefused,
                       .code = static_cast<std::uint32_t>(error.code)};
  error.message.copy(answer.text, sizeof answer.text - 1);
  tell(answer);
}

bool RuntimeProcess::is_known(const RuntimeRequest& request) const {
  return request.pod < plan_.pods.size() &&
         request.container < plan_.pods[request.pod].containers.size() &&
         static_cast<std::size_t>(request.command) < kCommands &&
         request.cgroup[sizeof request.cgroup - 1] == '\0';
}

void RuntimeProcess::make_pod(const RuntimeRequest& request) {
  const PlannedPod& pod = plan_.pods[request.pod];
  if (auto made = make_volumes(pod); !made) return refuse(made.error());
  auto namespaces = make_namespaces(pod);
  if (!namespaces) return refuse(namespaces.error());
  pods_.insert_or_assign(request.pod, std::move(*namespaces));
  tell({.tell = RuntimeTell::kDone});
}

Result<std::vector<os::Fd>> RuntimeProcess::directories(const std::string& cgroup) const {
  std::vector<os::Fd> out;
  for (const std::string& mount : plan_.cgroup_mounts) {
    // Not O_PATH: it is also what is cloned into.
    os::Fd fd(::open((mount + cgroup).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (!fd) return fail_errno(errno, "open " + mount + cgroup);
    out.push_back(std::move(fd));
  }
  return out;
}

void RuntimeProcess::note(const RuntimeRequest& request, pid_t pid, const os::Fd& pidfd) {
  keys_[pid] = request.key;
  const int raw[] = {pidfd.get()};
  tell({.tell = RuntimeTell::kDone, .key = request.key}, raw);
}

void RuntimeProcess::start(const RuntimeRequest& request, const std::vector<os::Fd>& fds) {
  const auto pod = pods_.find(request.pod);
  auto joins = directories(request.cgroup);
  if (!joins) return refuse(joins.error());
  if (pod == pods_.end() || fds.size() != 2) return refuse({Code::kInternal, "start: no Pod"});
  os::Fd into;
  if (plan_.starts_inside) {
    into = std::move(joins->front());
    joins->clear();
  }
  os::Fd pidfd;
  auto pid = os::fork_into(into, &pidfd, CLONE_NEWPID);
  if (!pid) return refuse(pid.error());
  if (*pid == 0) {
    const PlannedPod& planned = plan_.pods[request.pod];
    std::vector<CgroupView> views;
    for (const std::string& mount : plan_.cgroup_mounts) {
      views.push_back({mount + request.cgroup, mount});
    }
    become_container(
        {planned, planned.containers[request.container], fds[0], fds[1], std::move(*joins)},
        pod->second, views);
  }
  note(request, *pid, pidfd);
}

void RuntimeProcess::exec(const RuntimeRequest& request, const std::vector<os::Fd>& fds) {
  auto joins = directories(request.cgroup);
  if (!joins) return refuse(joins.error());
  if (fds.size() != 3) return refuse({Code::kInternal, "exec: descriptors are missing"});
  os::Fd into;
  if (plan_.starts_inside) {
    into = std::move(joins->front());
    joins->clear();
  }
  if (::setns(fds[2].get(), CLONE_NEWPID) < 0) {
    return refuse(fail_errno(errno, "enter the container").error());
  }
  os::Fd pidfd;
  auto pid = os::fork_into(into, &pidfd);
  if (pid && *pid == 0) {
    const PlannedPod& planned = plan_.pods[request.pod];
    const PlannedContainer& container = planned.containers[request.container];
    become_command({planned, container, fds[0], fds[1], std::move(*joins)},
                   container.commands[static_cast<std::size_t>(request.command)], fds[2]);
  }
  // Without its own back it could start no container any more.
  if (::setns(own_pids_.get(), CLONE_NEWPID) < 0) ::_exit(1);
  if (!pid) return refuse(pid.error());
  note(request, *pid, pidfd);
}

void RuntimeProcess::open_socket(const RuntimeRequest& request) {
  const auto pod = pods_.find(request.pod);
  if (pod == pods_.end()) return refuse({Code::kInternal, "socket: no Pod"});
  auto socket = socket_in(pod->second.network, request.ipv6 != 0);
  if (!socket) return refuse(socket.error());
  const int raw[] = {socket->get()};
  tell({.tell = RuntimeTell::kDone}, raw);
}

void RuntimeProcess::handle(const RuntimeRequest& request, const std::vector<os::Fd>& fds) {
  if (!is_known(request)) return refuse({Code::kInternal, "an unknown request"});
  switch (request.ask) {
    case Ask::kPod:
      return make_pod(request);
    case Ask::kStart:
      return start(request, fds);
    case Ask::kExec:
      return exec(request, fds);
    case Ask::kSocket:
      return open_socket(request);
  }
  refuse({Code::kInternal, "an unknown request"});
}

void RuntimeProcess::reap() {
  int status = 0;
  pid_t pid = 0;
  while ((pid = ::waitpid(-1, &status, WNOHANG)) > 0) {
    const auto found = keys_.find(pid);
    if (found == keys_.end()) continue;
    tell({.tell = RuntimeTell::kEnded, .key = found->second, .status = status});
    keys_.erase(found);
  }
}

void RuntimeProcess::serve(const os::Fd& child_signals) {
  os::serve<RuntimeRequest>(
      socket_, child_signals,
      [this](const RuntimeRequest& request, const std::vector<os::Fd>& fds) {
        handle(request, fds);
      },
      [this] { reap(); });
}

}  // namespace

void runtime_main(os::Fd socket, const RuntimePlan& plan) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  stand_apart("duress-runtime", {socket.get()});
  // Nothing that is mounted from here on may be seen outside, nor outlive this process.
  if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) < 0) ::_exit(1);
  os::Fd own_pids(::open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC));
  auto child_signals = os::signal_fd({SIGCHLD});
  if (!own_pids || !child_signals) ::_exit(1);
  RuntimeProcess process(std::move(socket), plan, std::move(own_pids));
  process.serve(*child_signals);
  ::_exit(0);  // and the kernel ends all in the namespace
}

}  // namespace duress::rehearse
