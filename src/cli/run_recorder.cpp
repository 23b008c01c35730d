#include "cli/run_recorder.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "cli/run_recorder_process.h"
#include "cli/run_recorder_protocol.h"
#include "os/message.h"
#include "os/process.h"

namespace duress::cli {

namespace {

constexpr int kPatienceMs = 2000;

}  // namespace

RunRecorder::RunRecorder(std::string path, pid_t pid, os::Fd pidfd, os::Fd socket)
    : path_(std::move(path)), pid_(pid), pidfd_(std::move(pidfd)), socket_(std::move(socket)) {}

Result<RunRecorder> RunRecorder::start(const observe::RecorderSetting& setting,
                                       cgroup::Target target) {
  const SystemClock clock;
  const pid_t init = target.init;
  auto recorder = observe::Recorder::start(setting, std::move(target), clock);
  if (!recorder) return std::unexpected(recorder.error());
  auto pair = os::message_pair();
  if (!pair) return std::unexpected(pair.error());
  auto self = os::pidfd_open(::getpid());
  if (!self) return std::unexpected(self.error());
  os::Fd pidfd;
  auto pid = os::fork_into({}, &pidfd);
  if (!pid) return std::unexpected(pid.error().context("start the recorder"));
  if (*pid == 0) {
    pair->first.reset();
    record_run(std::move(*recorder), pair->second, *self, init);
  }
  return RunRecorder(setting.path, *pid, std::move(pidfd), std::move(pair->first));
}

bool RunRecorder::send(const std::string& message) {
  return ::send(socket_.get(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

void RunRecorder::plan(const observe::LoadPlan& plan) { (void)send(message_of(Word::kPlan, plan)); }

void RunRecorder::foretold(const observe::Foretold& foretold) {
  (void)send(message_of(Word::kForetold, foretold));
}

void RunRecorder::event(observe::EventKind kind, const std::string& text) {
  (void)send(message_of(Word::kEvent, observe::Event{.kind = kind, .text = text}));
}

void RunRecorder::load(Bytes asked, Bytes held) {
  // It keeps what it was told, and each message wakes it.
  const std::pair now(asked, held);
  if (told_load_ == now) return;
  observe::ByteWriter out;
  out.byte(static_cast<std::uint8_t>(Word::kLoad));
  out.signed_number(asked.value);
  out.signed_number(held.value);
  if (send(out.bytes())) told_load_ = now;
}

std::string RunRecorder::finish(const observe::LoadEnd& end) {
  (void)send(message_of(Word::kEnd, end));
  pollfd ended{pidfd_.get(), POLLIN, 0};
  int ready = 0;
  do {
    ready = ::poll(&ended, 1, kPatienceMs);
  } while (ready < 0 && errno == EINTR);
  socket_.reset();
  if (ready <= 0) return "the recorder is still busy";
  int status = 0;
  if (::waitpid(pid_, &status, 0) != pid_) return "the recorder is lost";
  if (WIFSIGNALED(status)) return "the recorder was killed: the recording ends before the run";
  return WEXITSTATUS(status) == 0 ? "" : "it could not be written to its end: is the disk full?";
}

}  // namespace duress::cli
