#include "agent/rights.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <sched.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "os/fd.h"
#include "os/privileges.h"

namespace duress::agent {

namespace {

constexpr uid_t kNobody = 65534;

struct Right {
  int capability;
  std::string_view name;
  std::string_view without;
};

constexpr Right kRights[] = {
    {CAP_SYS_ADMIN, "CAP_SYS_ADMIN",
     "the host's cgroup namespace and the containers' PID namespaces cannot be entered: loads fail "
     "where the cgroup tree is mounted with nsdelegate, and workers are not seen inside of the "
     "container"},
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE",
     "other processes' namespaces cannot be opened: as without CAP_SYS_ADMIN"},
    {CAP_IPC_LOCK, "CAP_IPC_LOCK", "memory loads are refused unless they say swappable: true"},
    {CAP_SYS_RESOURCE, "CAP_SYS_RESOURCE",
     "workers cannot be given an oom_score_adj below the agent's own, so that beside a Guaranteed "
     "Pod's application a worker is killed first"},
    {CAP_SYS_NICE, "CAP_SYS_NICE",
     "beside busy processes of a container a CPU load gets its fair share only"},
    {CAP_SYSLOG, "CAP_SYSLOG",
     "the kernel's log cannot be read: kills are counted, but verdicts do not name who was killed"},
    {CAP_SETUID, "CAP_SETUID",
     "the agent stays root, without any capability: files of root's on the node are open to it"},
    {CAP_SETGID, "CAP_SETGID", "the agent keeps the group root"},
};

}  // namespace

std::vector<std::string> missing_rights() {
  std::vector<std::string> out;
  for (const Right& right : kRights) {
    if (!os::has_capability(right.capability))
      out.push_back(std::string(right.name) + " is missing: " + std::string(right.without));
  }
  if (::getpid() == 1) {
    out.emplace_back(
        "hostPID is missing: the containers' processes cannot be seen, and no load can be started");
  }
  return out;
}

Result<> enter_host_cgroup_namespace(const std::string& proc) {
  const std::string path = proc + "/1/ns/cgroup";
  struct stat host{};
  struct stat own{};
  const os::Fd ns(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!ns) return fail_errno(errno, "open " + path);
  if (::fstat(ns.get(), &host) < 0 || ::stat((proc + "/self/ns/cgroup").c_str(), &own) < 0)
    return fail_errno(errno, "look at " + path);
  if (host.st_ino == own.st_ino && host.st_dev == own.st_dev) return {};
  if (::setns(ns.get(), CLONE_NEWCGROUP) < 0)
    return fail_errno(errno, "enter the host's cgroup namespace");
  return {};
}

Result<> become_nobody() {
  Result<> out;
  if (::setgroups(0, nullptr) < 0) out = fail_errno(errno, "leave root's groups");
  if (::setresgid(kNobody, kNobody, kNobody) < 0 && out)
    out = fail_errno(errno, "leave group root");
  if (::setresuid(kNobody, kNobody, kNobody) < 0 && out) out = fail_errno(errno, "leave user root");
  if (auto dropped = os::drop_capabilities(); !dropped && out) out = dropped;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 && out) out = fail_errno(errno, "no new rights");
  return out;
}

}  // namespace duress::agent
