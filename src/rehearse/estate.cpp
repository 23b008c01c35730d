#include "rehearse/estate.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <map>
#include <set>
#include <thread>

#include "cgroup/parse.h"
#include "os/file.h"
#include "rehearse/trees.h"

namespace duress::rehearse {

namespace {

constexpr auto kRemovalPatience = std::chrono::seconds(10);
constexpr auto kPause = std::chrono::milliseconds(2);
constexpr int kDeepest = 16;

std::vector<pid_t> processes_of(const std::string& directory) {
  std::vector<pid_t> out;
  auto text = os::read_file(directory + "/cgroup.procs", 16U << 20U);
  if (!text) return out;
  for (const std::string& line : cgroup::split(*text, '\n')) {
    if (const auto pid = cgroup::number_value(line)) out.push_back(static_cast<pid_t>(*pid));
  }
  return out;
}

void kill_in(const std::string& directory, int depth) {
  // One write for all below (5.14); the PIDs where there is no such file.
  if (depth == 0) (void)set_control(directory, "cgroup.kill", "1");
  lift_cpu_quota(directory);
  for (const pid_t pid : processes_of(directory)) {
    if (pid > 0 && pid != ::getpid()) ::kill(pid, SIGKILL);
  }
  if (depth == kDeepest) return;
  auto below = os::subdirectories(directory);
  if (!below) return;
  for (const std::string& name : *below) kill_in(directory + "/" + name, depth + 1);
}

bool gone(const std::string& path) {
  struct stat found{};
  return ::lstat(path.c_str(), &found) < 0 && errno == ENOENT;
}

// Bottom-up; true: nothing is left.
bool remove_tree(const std::string& directory, int depth) {
  if (::rmdir(directory.c_str()) == 0 || errno == ENOENT || errno == ENODEV) return true;
  if (depth == kDeepest) return false;
  if (auto below = os::subdirectories(directory)) {
    for (const std::string& name : *below) (void)remove_tree(directory + "/" + name, depth + 1);
  }
  return ::rmdir(directory.c_str()) == 0 || errno == ENOENT;
}

// Who is in the way, by PID and name.
std::string holder_of(const std::string& directory, int depth) {
  for (const pid_t pid : processes_of(directory)) {
    auto name = os::read_file("/proc/" + std::to_string(pid) + "/comm");
    return "process " + std::to_string(pid) +
           (name ? " (" + name->substr(0, name->find('\n')) + ")" : "") + " cannot be ended";
  }
  if (auto below = os::subdirectories(directory); below && depth < kDeepest) {
    for (const std::string& name : *below) {
      const std::string held = holder_of(directory + "/" + name, depth + 1);
      if (!held.empty()) return held;
    }
  }
  return "";
}

// A mount of somebody's may be in the way for a moment, while a namespace is being taken apart.
bool remove_files(const std::string& directory) {
  std::error_code error;
  std::filesystem::remove_all(directory, error);
  return gone(directory);
}

}  // namespace

void kill_all(const std::vector<std::string>& cgroups) {
  for (const std::string& root : cgroups) kill_in(root, 0);
}

bool remove_empty(const std::vector<std::string>& directories) {
  bool all = true;
  for (const std::string& directory : directories) all = remove_tree(directory, 0) && all;
  return all;
}

std::vector<std::string> clear(const Estate& estate, std::chrono::nanoseconds patience) {
  const auto until = std::chrono::steady_clock::now() + patience;
  bool all = false;
  while (true) {
    kill_all(estate.cgroups);
    all = remove_empty(estate.cgroups);
    // The directory with the lock last: it says whose the cgroups are.
    if (all) {
      for (const std::string& directory : estate.directories) all = remove_files(directory) && all;
    }
    if (all || std::chrono::steady_clock::now() > until) break;
    std::this_thread::sleep_for(kPause);
  }
  for (const std::string& parent : estate.parents) (void)::rmdir(parent.c_str());
  std::vector<std::string> left;
  if (all) return left;
  for (const std::string& root : estate.cgroups) {
    if (gone(root)) continue;
    const std::string held = holder_of(root, 0);
    left.push_back("the cgroup " + root + " is left" + (held.empty() ? "" : ": " + held));
  }
  for (const std::string& directory : estate.directories) {
    if (!gone(directory)) left.push_back("the directory " + directory + " is left");
  }
  return left;
}

Result<os::Fd> lock_place(const std::string& directory) {
  const std::string path = directory + "/lock";
  os::Fd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd) return fail_errno(errno, "make " + path);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) < 0) return fail_errno(errno, "lock " + path);
  return fd;
}

namespace {

std::string number_after(const std::string& name, std::string_view prefix) {
  if (!name.starts_with(prefix)) return "";
  const std::string rest = name.substr(prefix.size());
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), pid);
  return error == std::errc() && end == rest.data() + rest.size() ? rest : "";
}

void add_directories(const std::string& parent, std::map<std::string, Estate>& found) {
  auto names = os::subdirectories(parent);
  if (!names) return;
  for (const std::string& name : *names) {
    const std::string number = number_after(name, kPlacePrefix);
    if (!number.empty()) found[number].directories.push_back(parent + "/" + name);
  }
}

// A rehearsal makes its lock before anything else, so what has none was left by one.
bool is_held(const std::string& directory) {
  const os::Fd fd(::open((directory + "/lock").c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  return fd && ::flock(fd.get(), LOCK_EX | LOCK_NB) < 0;
}

}  // namespace

Result<std::vector<Estate>> find_leftovers(const std::string& run_directory,
                                           const std::string& state_directory,
                                           const cgroup::Hierarchy& hierarchy) {
  std::map<std::string, Estate> found;
  std::set<std::string> mounts;
  for (const cgroup::Mount& mount : hierarchy.mounts) mounts.insert(mount.path);
  for (const std::string& mount : mounts) {
    auto names = os::subdirectories(mount);
    if (!names) return std::unexpected(names.error());
    for (const std::string& name : *names) {
      const std::string number = number_after(name, kRootPrefix);
      if (!number.empty()) found[number].cgroups.push_back(mount + "/" + name);
    }
  }
  add_directories(state_directory, found);
  add_directories(run_directory, found);
  std::vector<Estate> out;
  for (auto& [number, estate] : found) {
    if (!is_held(run_directory + "/" + kPlacePrefix + number)) out.push_back(std::move(estate));
  }
  return out;
}

std::vector<std::string> remove(const std::vector<Estate>& leftovers) {
  std::vector<std::string> left;
  for (const Estate& estate : leftovers) {
    std::vector<std::string> failed = clear(estate, kRemovalPatience);
    left.insert(left.end(), failed.begin(), failed.end());
  }
  return left;
}

}  // namespace duress::rehearse
