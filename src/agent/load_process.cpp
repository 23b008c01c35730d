#include "agent/load_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/process.h"
#include "os/stand_apart.h"
#include "spec/manifest_text.h"

namespace duress::agent {

namespace {

// What a load is handed on, under these numbers.
constexpr int kManifestFd = 3;
constexpr int kRecordingFd = 4;
constexpr int kHeldFd = 5;
constexpr int kRecorderFd = 6;
constexpr int kFirstFree = 16;
constexpr std::size_t kMostLine = 1U << 20U;

struct Pipe {
  os::Fd read;
  os::Fd write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) < 0) return fail_errno(errno, "make a pipe");
  Pipe out{os::Fd(fds[0]), os::Fd(fds[1])};
  ::fcntl(out.read.get(), F_SETFL, O_NONBLOCK);
  return out;
}

// In the child: only what the load needs is handed on.
[[noreturn]] void become_run(const LoadCommand& command, const std::vector<std::string>& words,
                             const Pipe& out, const Pipe& err, pid_t parent) {
  // When its starter is killed the load ends in order, and puts back what it changed.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  os::forget_signals();
  ::setsid();  // Ctrl-C is the starter's; it ends the loads itself
  // Out of the way first: one of them may have the number that another one is to get.
  const std::pair<int, int> handed[] = {
      {out.write.get(), STDOUT_FILENO}, {err.write.get(), STDERR_FILENO},
      {command.manifest, kManifestFd},  {command.recording, kRecordingFd},
      {command.held, kHeldFd},          {command.recorder, kRecorderFd}};
  int moved[std::size(handed)];
  for (std::size_t i = 0; i < std::size(handed); ++i)
    moved[i] = handed[i].first < 0 ? -1 : ::fcntl(handed[i].first, F_DUPFD_CLOEXEC, kFirstFree);
  for (std::size_t i = 0; i < std::size(handed); ++i) {
    if (moved[i] >= 0) ::dup2(moved[i], handed[i].second);
  }
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(command.program.c_str(), arguments.data());
  ::_exit(127);
}

std::string drain(const os::Fd& fd) {
  std::string out;
  char part[16384];
  for (ssize_t got = 0; (got = ::read(fd.get(), part, sizeof part)) > 0;)
    out.append(part, static_cast<std::size_t>(got));
  return out;
}

std::string path_of_fd(int fd) { return "/proc/self/fd/" + std::to_string(fd); }

std::vector<std::string> words_of(const LoadCommand& command) {
  std::vector<std::string> words = {"duress",   command.preflight ? "preflight" : "run",
                                    "--cgroup", command.cgroup,
                                    "-f",       path_of_fd(kManifestFd),
                                    "-o",       command.preflight ? "json" : "jsonl"};
  if (command.at_most)
    words.insert(words.end(), {"--at-most", std::to_string(command.at_most->value)});
  if (command.preflight) return words;
  if (command.recording >= 0) {
    words.insert(words.end(), {"--record", path_of_fd(kRecordingFd)});
    if (command.recorder >= 0)
      words.insert(words.end(), {"--recorder", std::to_string(kRecorderFd)});
  } else {
    words.emplace_back("--no-record");
  }
  if (command.duration) words.insert(words.end(), {"--for", format_duration(*command.duration)});
  return words;
}

}  // namespace

LoadNews LoadOutput::silent_end() {
  constexpr std::string_view prefix = "duress: ";
  std::string why(trim(drain(errors_)));
  if (why.starts_with(prefix)) why.erase(0, prefix.size());
  LoadOver out;
  out.end.reason = "failed";
  out.silent = why.empty();
  out.end.message = why.empty() ? "the load ended without a word" : why;
  out.exit_code = 1;
  return out;
}

std::vector<LoadNews> LoadOutput::take() {
  std::vector<LoadNews> out;
  if (over_) return out;
  // Looked for first: what it wrote before its end is in the pipe by then.
  const bool ended = os::has_ended(process_);
  rest_ += drain(output_);
  for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos;) {
    if (auto news = parse_load_line(std::string_view(rest_).substr(0, end))) {
      told_end_ = told_end_ || std::holds_alternative<LoadOver>(*news) ||
                  std::holds_alternative<LoadForetold>(*news);
      out.push_back(std::move(*news));
    }
    rest_.erase(0, end + 1);
  }
  if (rest_.size() > kMostLine) rest_.clear();
  over_ = ended;
  if (over_ && !told_end_) out.push_back(silent_end());
  return out;
}

Result<SpawnedLoad> spawn_load(const LoadCommand& command) {
  auto out = make_pipe();
  if (!out) return std::unexpected(out.error());
  auto err = make_pipe();
  if (!err) return std::unexpected(err.error());
  const std::vector<std::string> words = words_of(command);
  const pid_t parent = ::getpid();
  SpawnedLoad load;
  auto pid = os::fork_into(os::Fd(), &load.process);
  if (!pid) return std::unexpected(pid.error());
  if (*pid == 0) become_run(command, words, *out, *err, parent);
  ::fcntl(err->read.get(), F_SETFL, O_NONBLOCK);
  load.pid = *pid;
  load.output = std::move(out->read);
  load.errors = std::move(err->read);
  return load;
}

Result<LoadProcess> LoadProcess::start(const Setting& setting) {
  const std::string text = spec::manifest_text(setting.loads, setting.name);
  auto manifest = os::sealed_memfd("duress-manifest", text.data(), text.size());
  if (!manifest) return std::unexpected(manifest.error());
  auto load = spawn_load({.program = setting.program,
                          .cgroup = setting.cgroup,
                          .manifest = manifest->get(),
                          .duration = setting.duration});
  if (!load) return std::unexpected(load.error());
  return LoadProcess(load->pid, LoadOutput(std::move(load->process), std::move(load->output),
                                           std::move(load->errors)));
}

LoadProcess::~LoadProcess() {
  if (!output_.process()) return;
  if (!output_.over()) stop();
  ::waitpid(pid_, nullptr, 0);
}

void LoadProcess::stop() const { (void)os::pidfd_signal(output_.process(), SIGTERM); }

}  // namespace duress::agent
