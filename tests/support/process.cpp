#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "world.h"

namespace duress::testing {

namespace {

std::string program(const char* variable, const char* built) {
  const char* chosen = std::getenv(variable);
  return chosen != nullptr ? chosen : built;
}

}  // namespace

std::chrono::milliseconds patience(std::chrono::milliseconds time) {
  const char* factor = std::getenv("DURESS_TIME_FACTOR");
  return time * (factor != nullptr ? std::max(1, std::atoi(factor)) : 1);
}

bool is_emulated() {
  const std::chrono::milliseconds one(1);
  return patience(one) > one;
}

bool can_lower_oom_score() {
  const std::string status = slurp("/proc/self/status");
  const std::size_t at = status.find("CapEff:");
  if (at == std::string::npos) return false;
  constexpr unsigned kSysResource = 24;
  return (std::strtoull(status.c_str() + at + 7, nullptr, 16) >> kSysResource & 1U) != 0;
}

bool wait_until(const std::function<bool()>& predicate, std::chrono::milliseconds time) {
  const auto until = std::chrono::steady_clock::now() + patience(time);
  while (!predicate()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

Process::Process(const std::vector<std::string>& words, const Cgroup* cgroup) {
  int out[2];
  int err[2];
  if (::pipe2(out, O_CLOEXEC | O_NONBLOCK) < 0 || ::pipe2(err, O_CLOEXEC | O_NONBLOCK) < 0) {
    throw std::runtime_error("pipe");
  }
  std::vector<char*> arguments;
  for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  pid_ = ::fork();
  if (pid_ == 0) {
    // Pipes that are full block the writer, as a terminal or a file would.
    ::fcntl(out[1], F_SETFL, 0);
    ::fcntl(err[1], F_SETFL, 0);
    ::dup2(out[1], 1);
    ::dup2(err[1], 2);
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (cgroup != nullptr) cgroup->join(::getpid());
    ::execv(arguments[0], arguments.data());
    ::_exit(127);
  }
  ::close(out[1]);
  ::close(err[1]);
  out_ = out[0];
  err_ = err[0];
}

Process::~Process() {
  if (pid_ > 0 && !code_) {
    // Ended as a user would, so that it can clean up; by force when it does not.
    ::kill(pid_, SIGCONT);
    ::kill(pid_, SIGTERM);
    if (!wait(std::chrono::seconds(5))) {
      ::kill(pid_, SIGKILL);
      (void)wait(std::chrono::seconds(5));
    }
  }
  if (out_ >= 0) ::close(out_);
  if (err_ >= 0) ::close(err_);
}

void Process::signal(int number) const { ::kill(pid_, number); }

bool Process::alive() {
  if (code_ || pid_ <= 0) return false;
  int status = 0;
  if (::waitpid(pid_, &status, WNOHANG) != pid_) return true;
  code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return false;
}

std::optional<int> Process::wait(std::chrono::milliseconds time) {
  (void)wait_until(
      [this] {
        (void)output();  // a full pipe would hold it up
        (void)errors();
        return !alive();
      },
      time);
  return code_;
}

void Process::take(int fd, std::string& to) const {
  char part[4096];
  for (ssize_t got = 0; (got = ::read(fd, part, sizeof part)) > 0;)
    to.append(part, static_cast<std::size_t>(got));
}

std::string Process::output() {
  take(out_, output_);
  return output_;
}

std::string Process::errors() {
  take(err_, errors_);
  return errors_;
}

App::App(const Cgroup& cgroup, std::vector<std::string> options)
    : process_(
          [&options] {
            options.insert(options.begin(), program("DURESS_TESTAPP", DURESS_TESTAPP));
            return options;
          }(),
          &cgroup) {
  if (!wait_until([this] { return said("ready"); }))
    throw std::runtime_error("the application is not ready");
}

bool App::said(const std::string& word) {
  return process_.output().find(word) != std::string::npos;
}

std::string Duress::program() { return testing::program("DURESS_BIN", DURESS_BIN); }

std::string recordings() {
  const char* const chosen = std::getenv("TMPDIR");
  return std::string(chosen != nullptr ? chosen : "/tmp") + "/duress-it-recordings/";
}

namespace {

// Not into /var/lib: tests leave the machine's own recordings alone.
void record_elsewhere(std::vector<std::string>& arguments) {
  const bool told = std::any_of(arguments.begin(), arguments.end(), [](const std::string& word) {
    return word.starts_with("--record") || word == "--no-record";
  });
  if (!arguments.empty() && arguments[0] == "run" && !told)
    arguments.insert(arguments.begin() + 1, {"--record", recordings()});
}

}  // namespace

Duress::Duress(std::vector<std::string> arguments, const Cgroup* cgroup)
    : process_(
          [&arguments] {
            record_elsewhere(arguments);
            arguments.insert(arguments.begin(), program());
            return arguments;
          }(),
          cgroup) {}

std::vector<nlohmann::json> Duress::lines() {
  std::istringstream text(process_.output());
  std::vector<nlohmann::json> out;
  for (std::string line; std::getline(text, line);) {
    auto value = nlohmann::json::parse(line, nullptr, false);
    if (!value.is_discarded()) out.push_back(std::move(value));
  }
  return out;
}

std::optional<nlohmann::json> Duress::last(const std::string& type) {
  const std::vector<nlohmann::json> all = lines();
  const auto found = std::find_if(all.rbegin(), all.rend(), [&type](const nlohmann::json& line) {
    return line.is_object() && line.value("type", "") == type;
  });
  return found == all.rend() ? std::nullopt : std::optional(*found);
}

bool Duress::reached(std::chrono::milliseconds time) {
  return wait_until([this] { return last("reached").has_value() || !process_.alive(); }, time) &&
         last("reached").has_value();
}

std::vector<std::string> run_on(const Cgroup& cgroup, std::vector<std::string> more) {
  more.insert(more.begin(), {"run", "--cgroup", cgroup.path(), "-o", "jsonl"});
  return more;
}

std::vector<pid_t> processes_named(const std::string& name) {
  std::vector<pid_t> out;
  DIR* proc = ::opendir("/proc");
  while (const dirent* entry = ::readdir(proc)) {
    const pid_t pid = std::atoi(entry->d_name);
    if (pid <= 0 || slurp("/proc/" + std::to_string(pid) + "/comm") != name + "\n") continue;
    // A zombie holds nothing; whoever has to reap it will.
    const std::string stat = slurp("/proc/" + std::to_string(pid) + "/stat");
    const std::size_t after = stat.rfind(')');
    if (after != std::string::npos && after + 2 < stat.size() && stat[after + 2] != 'Z')
      out.push_back(pid);
  }
  ::closedir(proc);
  return out;
}

std::vector<pid_t> workers_in(const Cgroup& cgroup) {
  std::vector<pid_t> out;
  for (const pid_t pid : cgroup.processes()) {
    const std::string name = slurp("/proc/" + std::to_string(pid) + "/comm");
    if (name == "duress-memory\n" || name == "duress-cpu\n") out.push_back(pid);
  }
  return out;
}

}  // namespace duress::testing
