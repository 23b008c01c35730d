// The launcher's own process: see launcher.h.
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstring>
#include <map>

#include "agent/launcher.h"
#include "agent/launcher_protocol.h"
#include "agent/recordings.h"
#include "cgroup/parse.h"
#include "os/file.h"
#include "os/message.h"
#include "os/poller.h"
#include "os/process.h"
#include "os/stand_apart.h"
#include "recorder/recorder_process.h"

namespace duress::agent {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// A load needs some milliseconds; the supervisor's own patience with a stuck worker is five
// seconds.
constexpr auto kPatience = milliseconds(8000);
constexpr auto kAfterTheKill = milliseconds(2000);
constexpr auto kTidyEvery = std::chrono::minutes(10);

class LauncherProcess final {
 public:
  LauncherProcess(os::Fd socket, const LauncherSetting& setting)
      : socket_(std::move(socket)), setting_(setting) {}

  void serve(const os::Fd& child_signals);
  void end_all();
  void end_recorder() { recorder_.reset(); }

 private:
  struct Child {
    pid_t pid;
    os::Fd process;
  };
  [[nodiscard]] bool handle();
  void start(const LaunchRequest& request, std::vector<os::Fd> fds);
  [[nodiscard]] Result<SpawnedLoad> spawn(const LaunchRequest& request, const os::Fd& manifest,
                                          const os::Fd& recording, const os::Fd& recorder) const;
  [[nodiscard]] os::Fd recorder_channel();
  void signal(std::uint64_t load, int number);
  void reap();
  [[nodiscard]] bool wait_for_all(milliseconds patience);
  void refuse(const Error& error);
  void done() { (void)os::send(socket_, LaunchAnswer{}); }

  os::Fd socket_;
  const LauncherSetting& setting_;
  std::map<std::uint64_t, Child> loads_;
  std::optional<recorder::RecorderProcess> recorder_;  // of all loads, from the first one on
};

void LauncherProcess::refuse(const Error& error) {
  LaunchAnswer answer{.tell = LaunchTell::kRefused, .code = static_cast<std::uint32_t>(error.code)};
  error.message.copy(answer.text, sizeof answer.text - 1);
  (void)os::send(socket_, answer);
}

// A copy that nobody can change any more: what the load reads is what was looked at here.
Result<os::Fd> own_copy(const os::Fd& given) {
  struct stat about{};
  if (::fstat(given.get(), &about) < 0 || !S_ISREG(about.st_mode))
    return fail(Code::kInternal, "the manifest is no file");
  auto text = os::read_fd(given, "the manifest", kMostManifest);
  if (!text) return std::unexpected(text.error());
  return os::sealed_memfd("duress-manifest", text->data(), text->size());
}

Result<SpawnedLoad> LauncherProcess::spawn(const LaunchRequest& request, const os::Fd& manifest,
                                           const os::Fd& recording, const os::Fd& recorder) const {
  const std::string cgroup(request.cgroup, ::strnlen(request.cgroup, sizeof request.cgroup));
  if (!cgroup::container_id(cgroup.substr(cgroup.rfind('/') + 1)))
    return fail(Code::kRefused, "cgroup " + quoted(cgroup, 200) + " is no container's");
  if (request.nanoseconds < 0) return fail(Code::kRefused, "a load's time cannot be below 0");
  if (request.most_bytes < 0) return fail(Code::kRefused, "a load's memory cannot be below 0");
  LoadCommand command{.program = setting_.program,
                      .cgroup = cgroup,
                      .manifest = manifest.get(),
                      .recording = recording.get(),
                      .recorder = recorder.get(),
                      .held = setting_.held,
                      .duration = {},
                      .preflight = request.op == LaunchOp::kPreflight};
  if (request.most_bytes > 0) command.at_most = Bytes{request.most_bytes};
  if (request.nanoseconds > 0) command.duration = Duration(request.nanoseconds);
  return spawn_load(command);
}

// One process records all loads: what it costs is not there again for each. Where it was killed the
// next load gets another; where there can be none, each load has one of its own.
os::Fd LauncherProcess::recorder_channel() {
  for (int tries = 0; tries < 2; ++tries) {
    if (!recorder_) {
      auto started = recorder::RecorderProcess::start();
      if (!started) return {};
      recorder_.emplace(std::move(*started));
    }
    auto channel = recorder_->channel();
    if (channel) return std::move(*channel);
    if (channel.error().code != Code::kGone) return {};
    recorder_.reset();
  }
  return {};
}

void LauncherProcess::start(const LaunchRequest& request, std::vector<os::Fd> fds) {
  if (fds.size() != 1) return refuse({Code::kInternal, "a start without a manifest"});
  if (loads_.contains(request.load)) return refuse({Code::kInternal, "a number used twice"});
  if (loads_.size() >= kMostLoads) {
    return refuse(
        {Code::kRefused, "more than " + std::to_string(kMostLoads) + " loads on one node"});
  }
  auto manifest = own_copy(fds.front());
  if (!manifest) return refuse(manifest.error());
  os::Fd recording;
  os::Fd recorder;
  if (request.record != 0 && !setting_.recordings.empty()) {
    // A load that cannot be recorded is a load all the same.
    if (auto made = make_recording(setting_.recordings, SystemClock())) {
      recording = std::move(*made);
      recorder = recorder_channel();
    }
  }
  auto load = spawn(request, *manifest, recording, recorder);
  if (!load) return refuse(load.error());
  std::vector<int> passed = {load->process.get(), load->output.get(), load->errors.get()};
  if (recording) passed.push_back(recording.get());
  (void)os::send(socket_, LaunchAnswer{.tell = LaunchTell::kStarted}, passed);
  loads_.emplace(request.load, Child{load->pid, std::move(load->process)});
}

void LauncherProcess::signal(std::uint64_t load, int number) {
  // One that has ended meanwhile has ended.
  if (const auto found = loads_.find(load); found != loads_.end())
    (void)os::pidfd_signal(found->second.process, number);
}

// False: the agent is gone.
bool LauncherProcess::handle() {
  LaunchRequest request;
  auto fds = os::receive(socket_, request, false);
  if (!fds) {
    if (fds.error().code == Code::kBusy) return true;
    if (fds.error().code != Code::kInternal) return false;
    refuse(fds.error());
    return true;
  }
  switch (request.op) {
    case LaunchOp::kStart:
    case LaunchOp::kPreflight:
      start(request, std::move(*fds));
      return true;
    case LaunchOp::kStop:
      signal(request.load, SIGTERM);
      done();
      return true;
    case LaunchOp::kKill:
      signal(request.load, SIGKILL);
      done();
      return true;
  }
  refuse({Code::kInternal, "an unknown request"});
  return true;
}

void LauncherProcess::reap() {
  std::erase_if(loads_, [](const auto& load) {
    return ::waitpid(load.second.pid, nullptr, WNOHANG) == load.second.pid;
  });
  if (recorder_ && recorder_->has_ended()) recorder_.reset();
}

void LauncherProcess::serve(const os::Fd& child_signals) {
  auto poller = os::Poller::make();
  if (!poller || !poller->add(socket_.get(), 0) || !poller->add(child_signals.get(), 1)) return;
  while (true) {
    auto ready = poller->wait(kTidyEvery);
    if (!ready) return;
    if (ready->empty() && !setting_.recordings.empty())
      remove_old_recordings(setting_.recordings, SystemClock().wall());
    for (const os::Ready& one : *ready) {
      if (one.tag == 0 && !handle()) return;
      if (one.tag == 1) {
        while (os::next_signal(child_signals) != 0) {
        }
        reap();
      }
    }
  }
}

bool LauncherProcess::wait_for_all(milliseconds patience) {
  const auto until = steady_clock::now() + patience;
  for (reap(); !loads_.empty(); reap()) {
    if (steady_clock::now() > until) return false;
    const timespec pause{0, 1'000'000};
    ::nanosleep(&pause, nullptr);
  }
  return true;
}

void LauncherProcess::end_all() {
  for (const auto& [number, load] : loads_) (void)os::pidfd_signal(load.process, SIGTERM);
  if (wait_for_all(kPatience)) return;
  for (const auto& [number, load] : loads_) (void)os::pidfd_signal(load.process, SIGKILL);
  (void)wait_for_all(kAfterTheKill);
}

}  // namespace

void launcher_main(os::Fd socket, const LauncherSetting& setting) {
  os::stand_apart("duress-launcher");
  auto child_signals = os::signal_fd({SIGCHLD});
  if (!child_signals) ::_exit(1);
  LauncherProcess launcher(std::move(socket), setting);
  launcher.serve(*child_signals);
  launcher.end_all();
  launcher.end_recorder();
  // The next agent knows of none of them, and behind the last one nothing is left.
  if (!setting.recordings.empty()) remove_recordings(setting.recordings);
  ::_exit(0);
}

}  // namespace duress::agent
