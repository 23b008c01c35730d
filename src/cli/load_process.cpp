#include "cli/load_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>

#include "os/process.h"
#include "spec/manifest_text.h"

namespace duress::cli {

namespace {

constexpr int kManifestFd = 3;
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
[[noreturn]] void become_run(const std::string& program, const std::vector<std::string>& words,
                             const os::Fd& manifest, const Pipe& out, const Pipe& err,
                             pid_t parent) {
  // When the rehearsal is killed the load ends in order, and puts back what it changed.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(1);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::setsid();  // Ctrl-C is the rehearsal's; it ends the loads itself
  ::dup2(out.write.get(), STDOUT_FILENO);
  ::dup2(err.write.get(), STDERR_FILENO);
  ::dup2(manifest.get(), kManifestFd);
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  ::execv(program.c_str(), arguments.data());
  ::_exit(127);
}

std::string drain(const os::Fd& fd) {
  std::string out;
  char part[16384];
  for (ssize_t got = 0; (got = ::read(fd.get(), part, sizeof part)) > 0;)
    out.append(part, static_cast<std::size_t>(got));
  return out;
}

}  // namespace

Result<LoadProcess> LoadProcess::start(const Setting& setting) {
  const std::string text = spec::manifest_text(setting.loads, setting.name);
  auto manifest = os::sealed_memfd("duress-manifest", text.data(), text.size());
  if (!manifest) return std::unexpected(manifest.error());
  auto out = make_pipe();
  if (!out) return std::unexpected(out.error());
  auto err = make_pipe();
  if (!err) return std::unexpected(err.error());
  std::vector<std::string> words = {"duress",          "run", "--cgroup", setting.cgroup, "-f",
                                    "/proc/self/fd/3", "-o",  "jsonl",    "--no-record"};
  if (setting.duration) words.insert(words.end(), {"--for", format_duration(*setting.duration)});
  const pid_t parent = ::getpid();
  os::Fd process;
  auto pid = os::fork_into(os::Fd(), &process);
  if (!pid) return std::unexpected(pid.error());
  if (*pid == 0) become_run(setting.program, words, *manifest, *out, *err, parent);
  ::fcntl(err->read.get(), F_SETFL, O_NONBLOCK);
  return LoadProcess(*pid, std::move(process), std::move(out->read), std::move(err->read));
}

LoadProcess::~LoadProcess() {
  if (!process_) return;
  if (!over_) stop();
  ::waitpid(pid_, nullptr, 0);
}

void LoadProcess::stop() const { (void)os::pidfd_signal(process_, SIGTERM); }

LoadNews LoadProcess::refused() {
  constexpr std::string_view prefix = "duress: ";
  std::string why(trim(drain(errors_)));
  if (why.starts_with(prefix)) why.erase(0, prefix.size());
  LoadOver out;
  out.end.reason = "failed";
  out.end.message = why.empty() ? "the load ended without a word" : why;
  out.exit_code = 1;
  return out;
}

std::vector<LoadNews> LoadProcess::take() {
  std::vector<LoadNews> out;
  if (over_) return out;
  // Looked for first: what it wrote before its end is in the pipe by then.
  const bool ended = os::has_ended(process_);
  rest_ += drain(output_);
  for (std::size_t end = 0; (end = rest_.find('\n')) != std::string::npos;) {
    if (auto news = parse_load_line(std::string_view(rest_).substr(0, end))) {
      told_end_ = told_end_ || std::holds_alternative<LoadOver>(*news);
      out.push_back(std::move(*news));
    }
    rest_.erase(0, end + 1);
  }
  if (rest_.size() > kMostLine) rest_.clear();
  over_ = ended;
  if (over_ && !told_end_) out.push_back(refused());
  return out;
}

}  // namespace duress::cli
