#include "cli/doctor_checks.h"

#include <dirent.h>
#include <sched.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>

#include "base/text.h"
#include "cgroup/names.h"
#include "observe/kernel_log.h"
#include "observe/recording_store.h"
#include "os/file.h"

namespace duress::cli {

namespace {

std::string joined(const std::vector<std::string>& words, std::string_view between = ", ") {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : std::string(between)) + word;
  return out;
}

struct Kind {
  const char* name;
  int flag;
};
constexpr std::array kNamespaces = {Kind{"network", CLONE_NEWNET}, Kind{"mount", CLONE_NEWNS},
                                    Kind{"PID", CLONE_NEWPID}, Kind{"host name", CLONE_NEWUTS}};

bool exists(const std::string& path) { return ::access(path.c_str(), F_OK) == 0; }
bool is_listable(const std::string& path) { return ::access(path.c_str(), R_OK | X_OK) == 0; }

// The directory itself, or the nearest above it that is there.
std::string nearest_that_exists(std::string path) {
  while (path.size() > 1 && !exists(path)) path.resize(std::max<std::size_t>(path.rfind('/'), 1));
  return path;
}

}  // namespace

Finding check_controllers(const cgroup::Hierarchy& hierarchy) {
  std::vector<std::string> missing;
  for (const char* wanted : {"memory", "cpu", "pids"}) {
    const bool there = std::ranges::any_of(hierarchy.mounts, [&](const cgroup::Mount& mount) {
      return std::ranges::find(mount.controllers, wanted) != mount.controllers.end();
    });
    if (!there) missing.emplace_back(wanted);
  }
  if (missing.empty()) return {"controllers", Health::kGood, "memory, cpu, pids", ""};
  return {"controllers", Health::kLimited, "missing: " + joined(missing),
          "rehearse limits by them: boot with cgroup_enable=" + joined(missing, ",") +
              ", or mount the tree that has them"};
}

Finding check_pressure(const std::string& proc, const cgroup::Hierarchy* hierarchy) {
  if (!os::read_file(proc + "/pressure/memory"))
    return {"PSI", Health::kLimited, "not available", "boot with psi=1 to see pressure"};
  if (hierarchy != nullptr && hierarchy->version == cgroup::Version::kV1 && !hierarchy->hybrid)
    return {"PSI", Health::kLimited, "of the machine alone",
            "cgroup v1 has no pressure of its own"};
  return {"PSI", Health::kGood, "on", ""};
}

Finding check_kernel_log() {
  auto log = observe::KernelLog::open();
  if (log) return {"kernel log", Health::kGood, "readable", ""};
  const auto restricted = os::read_file("/proc/sys/kernel/dmesg_restrict");
  const bool is_restricted = restricted && restricted->starts_with('1');
  return {"kernel log", Health::kLimited,
          is_restricted ? "not readable (dmesg_restrict is 1)" : "not readable",
          "kills are counted, but who was killed is not told: run as root with CAP_SYSLOG"};
}

Finding check_namespaces() {
  std::vector<std::string> missing;
  for (const Kind& kind : kNamespaces) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(::unshare(kind.flag) == 0 ? 0 : 1);
    int status = -1;
    while (child > 0 && ::waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    if (child < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
      missing.emplace_back(kind.name);
  }
  if (missing.empty()) return {"namespaces", Health::kGood, "network, mount, PID, host name", ""};
  return {"namespaces", Health::kLimited, "cannot be made: " + joined(missing),
          "rehearse gives each Pod its own: run as root with CAP_SYS_ADMIN, and look at "
          "/proc/sys/user/max_*_namespaces"};
}

Finding check_container_names() {
  const cgroup::NameRoots roots = cgroup::NameRoots::of_this_machine();
  std::vector<std::string> open;
  std::vector<std::string> closed;
  const auto look = [&](const std::string& path) {
    if (exists(path)) (is_listable(path) ? open : closed).push_back(path);
    // What lies below a closed directory cannot even be asked for.
    if (!exists(path) && errno == EACCES) closed.push_back(path);
  };
  for (const std::string& root : roots.docker) look(root + "/containers");
  for (const std::string& root : roots.containerd) look(root + "/io.containerd.runtime.v2.task");
  for (const std::string& root : roots.storages) look(root);
  look(roots.kubelet_logs);
  if (!closed.empty())
    return {"container names", Health::kLimited, "closed: " + joined(closed),
            "top shows IDs where it cannot read names: run as root"};
  return {"container names", Health::kGood,
          open.empty() ? "no container runtime here" : "from " + joined(open), ""};
}

Finding check_room(const RoomCheck& check) {
  const std::string there = nearest_that_exists(check.directory);
  struct statvfs about{};
  if (::statvfs(there.c_str(), &about) < 0)
    return {check.name, Health::kBad, check.directory, fail_errno(errno, there).error().message};
  const Bytes room{static_cast<std::int64_t>(about.f_bavail) *
                   static_cast<std::int64_t>(about.f_frsize)};
  const std::string value = format_bytes(room) + " free for " + check.directory;
  if (::access(there.c_str(), W_OK) < 0)
    return {check.name, Health::kLimited, value,
            "it cannot be written by this user: no " + check.purpose + "; run as root"};
  if (room < check.least)
    return {check.name, Health::kLimited, value,
            "make room: " + format_bytes(check.least) + " are wanted for " + check.purpose};
  return {check.name, Health::kGood, value, ""};
}

Finding check_recordings(const std::string& directory) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(directory.c_str()), ::closedir);
  if (!listing && errno == EACCES)
    return {"recordings", Health::kLimited, directory + " is closed", "run as root to read them"};
  int count = 0;
  Bytes bytes;
  while (const dirent* entry = listing ? ::readdir(listing.get()) : nullptr) {
    const std::string name = entry->d_name;
    struct stat about{};
    if (!name.ends_with(observe::kRecordingSuffix) ||
        ::stat((directory + "/" + name).c_str(), &about) < 0)
      continue;
    ++count;
    bytes += Bytes{about.st_size};
  }
  if (count == 0) return {"recordings", Health::kGood, "none kept", ""};
  return {"recordings", Health::kGood,
          std::to_string(count) + " kept, " + format_bytes(bytes) + ", in " + directory, ""};
}

}  // namespace duress::cli
