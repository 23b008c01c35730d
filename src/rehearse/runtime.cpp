#include "rehearse/runtime.h"

#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <cstring>

#include "os/file.h"
#include "os/message.h"
#include "os/process.h"

namespace duress::rehearse {

namespace {

// Both ends; the reader's does not block.
Result<std::pair<os::Fd, os::Fd>> pipe_of(const char* what) {
  int raw[2];
  if (::pipe2(raw, O_CLOEXEC) < 0) return fail_errno(errno, std::string("make a pipe for ") + what);
  std::pair<os::Fd, os::Fd> out{raw[0], raw[1]};
  ::fcntl(out.first.get(), F_SETFL, O_NONBLOCK);
  return out;
}

// In this process's own PID namespace; 0 where it has ended and was reaped.
pid_t pid_of(const os::Fd& pidfd) {
  auto text = os::read_file("/proc/self/fdinfo/" + std::to_string(pidfd.get()));
  if (!text) return 0;
  const std::size_t at = text->find("Pid:");
  if (at == std::string::npos) return 0;
  pid_t pid = 0;
  const std::size_t from = text->find_first_of("-0123456789", at);
  if (from == std::string::npos) return 0;
  std::from_chars(text->data() + from, text->data() + text->size(), pid);
  return pid > 0 ? pid : 0;
}

}  // namespace

Result<Runtime> Runtime::start(const RuntimePlan& plan) {
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  os::Fd pidfd;
  auto pid = os::fork_into(os::Fd(), &pidfd, CLONE_NEWPID | CLONE_NEWNS);
  if (!pid) {
    return std::unexpected(
        pid.error().context("start the process that runs the containers, in namespaces of its own "
                            "(it needs CAP_SYS_ADMIN)"));
  }
  if (*pid == 0) {
    pair->first.reset();
    runtime_main(std::move(pair->second), plan);
  }
  return Runtime(*pid, std::move(pair->first));
}

Runtime::Runtime(Runtime&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      socket_(std::move(other.socket_)),
      ended_(std::move(other.ended_)) {}

Result<std::vector<os::Fd>> Runtime::ask(const RuntimeRequest& request, std::span<const int> fds) {
  if (auto sent = os::send(socket_, request, fds); !sent) return std::unexpected(sent.error());
  while (true) {
    RuntimeAnswer answer;
    auto got = os::receive(socket_, answer, true);
    if (!got) return std::unexpected(got.error());
    if (answer.tell == RuntimeTell::kDone) return got;
    if (answer.tell == RuntimeTell::kRefused) {
      return fail(static_cast<Code>(answer.code), answer.text);
    }
    ended_.push_back({answer.key, answer.status});
  }
}

Result<> Runtime::make_pod(std::size_t pod) {
  const RuntimeRequest request{.ask = Ask::kPod, .pod = static_cast<std::uint32_t>(pod)};
  auto got = ask(request, {});
  return got ? Result<>() : Result<>(std::unexpected(got.error()));
}

Result<Started> Runtime::run(RuntimeRequest request, const Start& start, const os::Fd* container) {
  request.key = start.key;
  request.pod = static_cast<std::uint32_t>(start.pod);
  request.container = static_cast<std::uint32_t>(start.container);
  if (start.cgroup.size() >= sizeof request.cgroup) {
    return fail(Code::kInternal, start.cgroup + ": the path is too long");
  }
  std::memcpy(request.cgroup, start.cgroup.data(), start.cgroup.size());
  auto output = pipe_of("a container's output");
  auto report = pipe_of("a container's start");
  if (!output) return std::unexpected(output.error());
  if (!report) return std::unexpected(report.error());
  std::vector<int> fds = {output->second.get(), report->second.get()};
  if (container != nullptr) fds.push_back(container->get());
  auto got = ask(request, fds);
  if (!got) return std::unexpected(got.error());
  if (got->size() != 1) return fail(Code::kInternal, "the runtime: no pidfd");
  Started out{.pidfd = std::move(got->front()),
              .output = std::move(output->first),
              .report = std::move(report->first)};
  out.pid = pid_of(out.pidfd);
  return out;
}

Result<Started> Runtime::start(const Start& start) {
  return run({.ask = Ask::kStart}, start, nullptr);
}

Result<Started> Runtime::exec(const Start& start, Command command, const os::Fd& container) {
  return run({.ask = Ask::kExec, .command = command}, start, &container);
}

Result<os::Fd> Runtime::socket(std::size_t pod, bool ipv6) {
  const RuntimeRequest request{
      .ask = Ask::kSocket, .pod = static_cast<std::uint32_t>(pod), .ipv6 = ipv6 ? 1U : 0U};
  auto got = ask(request, {});
  if (!got) return std::unexpected(got.error());
  if (got->size() != 1) return fail(Code::kInternal, "the runtime: no socket");
  return std::move(got->front());
}

Result<std::optional<Ended>> Runtime::next_ended() {
  if (!ended_.empty()) {
    const Ended out = ended_.front();
    ended_.pop_front();
    return out;
  }
  RuntimeAnswer answer;
  auto got = os::receive(socket_, answer, false);
  if (got) return Ended{answer.key, answer.status};
  if (got.error().code == Code::kBusy) return std::optional<Ended>();
  return std::unexpected(got.error());
}

void Runtime::finish() {
  socket_.reset();
  if (pid_ < 0) return;
  // It ends when the socket is closed; by force, so that nothing it is in can hold that up.
  ::kill(pid_, SIGKILL);
  while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
  }
  pid_ = -1;
}

}  // namespace duress::rehearse
