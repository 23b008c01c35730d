#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "world.h"

namespace duress::testing {

namespace {

constexpr const char* kRoot = "/sys/fs/cgroup";
// Not cpuset: a new one takes no process before it has CPUs.
constexpr const char* kV1Trees[] = {"memory", "cpu", "cpuacct", "pids", "freezer"};

std::int64_t field(const std::string& text, const std::string& key) {
  std::istringstream lines(text);
  std::string name;
  std::int64_t value = 0;
  while (lines >> name >> value) {
    if (name == key) return value;
  }
  return 0;
}

std::vector<std::string> directories(const std::string& path) {
  if (is_v2()) return {kRoot + path};
  std::vector<std::string> out;
  for (const char* tree : kV1Trees) out.push_back(std::string(kRoot) + "/" + tree + path);
  return out;
}

bool put(const std::string& path, const std::string& text) {
  std::ofstream file(path);
  file << text << std::flush;
  return file.good();
}

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace

std::string slurp(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool is_v2() {
  static const bool v2 = ::access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
  return v2;
}

std::int64_t counter_batch() { return 256 * 1024 * ::sysconf(_SC_NPROCESSORS_ONLN); }

namespace {

std::string next_path() {
  static int number = 0;
  return "/duress-it-" + std::to_string(::getpid()) + "-" + std::to_string(++number);
}

}  // namespace

Cgroup::Cgroup() : path_(next_path()) { make(); }

Cgroup::Cgroup(const Cgroup& parent, const std::string& name) : path_(parent.path() + "/" + name) {
  make();
}

void Cgroup::make() {
  for (const std::string& at : directories(path_))
    must(::mkdir(at.c_str(), 0755) == 0, "make " + at);
  made_ = true;
}

Cgroup::~Cgroup() {
  if (!made_) return;
  (void)wait_until([this] { return remove(); }, std::chrono::seconds(5));
}

bool Cgroup::remove() {
  for (const pid_t pid : processes()) ::kill(pid, SIGKILL);
  bool gone = true;
  for (const std::string& at : directories(path_)) {
    if (::rmdir(at.c_str()) < 0 && errno != ENOENT) gone = false;
  }
  made_ = made_ && !gone;
  return gone;
}

std::string Cgroup::directory(const std::string& controller) const {
  return is_v2() ? kRoot + path_ : std::string(kRoot) + "/" + controller + path_;
}

std::string Cgroup::read(const std::string& file) const { return slurp(directory() + "/" + file); }

bool Cgroup::write(const std::string& file, const std::string& text) const {
  return put(directory() + "/" + file, text);
}

std::int64_t Cgroup::usage() const {
  return std::atoll(read(is_v2() ? "memory.current" : "memory.usage_in_bytes").c_str());
}

std::int64_t Cgroup::anon() const {
  return field(read("memory.stat"), is_v2() ? "anon" : "total_rss");
}

std::int64_t Cgroup::oom_kills() const {
  return field(read(is_v2() ? "memory.events" : "memory.oom_control"), "oom_kill");
}

double Cgroup::cpu_seconds() const {
  if (is_v2()) return static_cast<double>(field(read("cpu.stat"), "usage_usec")) / 1e6;
  return std::atof(slurp(directory("cpuacct") + "/cpuacct.usage").c_str()) / 1e9;
}

std::vector<pid_t> Cgroup::processes() const {
  std::istringstream text(read("cgroup.procs"));
  std::vector<pid_t> out;
  for (pid_t pid = 0; text >> pid;) out.push_back(pid);
  return out;
}

void Cgroup::limit_memory(std::int64_t bytes) {
  const std::string text = std::to_string(bytes);
  // v1 wants memory <= memory + swap at every moment: up from above, down from below.
  if (!is_v2()) (void)write("memory.memsw.limit_in_bytes", text);
  must(write(is_v2() ? "memory.max" : "memory.limit_in_bytes", text), "limit " + path_);
  (void)write(is_v2() ? "memory.swap.max" : "memory.memsw.limit_in_bytes", is_v2() ? "0" : text);
}

void Cgroup::limit_cpu(double cores) {
  const std::string quota = std::to_string(static_cast<int>(cores * 100'000));
  const bool done = is_v2() ? put(directory("cpu") + "/cpu.max", quota + " 100000")
                            : put(directory("cpu") + "/cpu.cfs_quota_us", quota);
  must(done, "quota of " + path_);
}

void Cgroup::set_shares(int percent) {
  const bool done =
      is_v2() ? put(directory() + "/cpu.weight", std::to_string(percent))
              : put(directory("cpu") + "/cpu.shares", std::to_string(1024 * percent / 100));
  must(done, "shares of " + path_);
}

void Cgroup::freeze(bool on) {
  const bool done = is_v2()
                        ? put(directory() + "/cgroup.freeze", on ? "1" : "0")
                        : put(directory("freezer") + "/freezer.state", on ? "FROZEN" : "THAWED");
  must(done, "freeze " + path_);
  (void)wait_until([&] {
    return is_v2()
               ? field(read("cgroup.events"), "frozen") == (on ? 1 : 0)
               : slurp(directory("freezer") + "/freezer.state") == (on ? "FROZEN\n" : "THAWED\n");
  });
}

void Cgroup::join(pid_t pid) const {
  for (const std::string& at : directories(path_)) {
    must(put(at + "/cgroup.procs", std::to_string(pid)), "join " + at);
  }
}

void Cgroup::pass_controllers_on() {
  if (is_v2())
    must(write("cgroup.subtree_control", "+memory +cpu +pids"), "subtree_control of " + path_);
}

}  // namespace duress::testing
