// From what the user named to the one cgroup that is meant: see target.h.
#include <unistd.h>

#include <algorithm>
#include <climits>
#include <cstdlib>

#include "base/text.h"
#include "cgroup/containers.h"
#include "cgroup/files.h"
#include "cgroup/make_controllers.h"
#include "cgroup/membership.h"
#include "os/file.h"

namespace duress::cgroup {

namespace {

constexpr std::uint64_t kKernelThread = 0x00200000;  // PF_KTHREAD, include/linux/sched.h
constexpr std::size_t kShortId = 12;

std::string as_text(pid_t pid) { return std::to_string(pid); }

std::optional<StatLine> stat_of(const Roots& roots, pid_t pid) {
  auto text = os::read_file(roots.proc + "/" + as_text(pid) + "/stat");
  return text ? parse_stat(*text) : std::nullopt;
}

bool is_same_or_above(const std::string& above, const std::string& path) {
  return above == path || path.starts_with(above + "/");
}

Result<std::string> path_of_process(const Roots& roots, const Mount& memory, pid_t pid) {
  if (pid == 1) {
    return fail(Code::kRefused,
                "process 1 is the machine's init and no target: name a container or a cgroup");
  }
  const auto stat = stat_of(roots, pid);
  if (!stat) {
    return fail(Code::kGone, "there is no process " + as_text(pid) +
                                 " (it may have ended): nothing was touched");
  }
  if ((stat->flags & kKernelThread) != 0) {
    return fail(Code::kRefused, "process " + as_text(pid) + " is a kernel thread and no target");
  }
  auto membership = membership_of(roots, as_text(pid));
  if (!membership) {
    return fail(Code::kGone,
                "process " + as_text(pid) + " has ended meanwhile: nothing was touched");
  }
  const auto path = path_in(memory, *membership);
  if (!path)
    return fail(Code::kRefused, "process " + as_text(pid) + " is in no cgroup of the memory tree");
  return *path;
}

// "kubepods/x", "/kubepods/x" and "/sys/fs/cgroup/memory/kubepods/x" are the same; ".." is not.
Result<std::string> normal_path(const Mount& memory, const std::string& given) {
  std::string path = given;
  if (is_same_or_above(memory.path, path)) path = path.substr(memory.path.size());
  std::string out;
  for (const std::string& part : split(path, '/')) {
    if (part == ".." || part == ".") {
      return fail(Code::kRefused,
                  "cgroup " + quoted(given) + " is not allowed: a path without . and ..");
    }
    out += "/" + part;
  }
  return out.empty() ? "/" : out;
}

Result<> must_exist(const Roots& roots, const Hierarchy& hierarchy, const Mount& memory,
                    const std::string& path) {
  char real[PATH_MAX];
  char real_mount[PATH_MAX];
  const std::string directory = memory.path + path;
  if (::realpath(directory.c_str(), real) == nullptr) {
    auto all = containers(roots, hierarchy);
    return fail(Code::kNotFound, "there is no cgroup " + quoted(path, 200) + " below " +
                                     memory.path + (all ? list_of(*all) : std::string()));
  }
  if (::realpath(memory.path.c_str(), real_mount) == nullptr ||
      !is_same_or_above(real_mount, real)) {
    return fail(Code::kRefused, "cgroup " + quoted(path) + " leads out of " + memory.path);
  }
  return {};
}

Result<> must_be_foreign(const Roots& roots, const Mount& memory, const std::string& path) {
  if (path == "/") {
    return fail(Code::kRefused,
                "the root cgroup is the whole machine and no target: name a cgroup below it");
  }
  auto membership = membership_of(roots, "self");
  if (!membership) return std::unexpected(membership.error());
  const auto own = path_in(memory, *membership);
  if (own && is_same_or_above(path, *own)) {
    return fail(
        Code::kRefused,
        "cgroup " + quoted(path, 200) +
            " holds this very process: it would stress itself; start Duress from outside of "
            "the target");
  }
  return {};
}

void collect(const std::string& directory, bool below, std::vector<pid_t>& out) {
  if (auto text = os::read_file(directory + "/cgroup.procs")) {
    for (const std::string& line : split(*text, '\n')) {
      if (const auto pid = number_value(line); pid && *pid > 0)
        out.push_back(static_cast<pid_t>(*pid));
    }
  }
  if (!below) return;
  auto names = os::subdirectories(directory);
  if (!names) return;
  for (const std::string& name : *names) collect(directory + "/" + name, true, out);
}

pid_t oldest(const Roots& roots, const std::vector<pid_t>& pids) {
  pid_t found = 0;
  std::uint64_t earliest = UINT64_MAX;
  for (const pid_t pid : pids) {
    const auto stat = stat_of(roots, pid);
    if (!stat) continue;
    if (stat->start_time < earliest || (stat->start_time == earliest && pid < found)) {
      earliest = stat->start_time;
      found = pid;
    }
  }
  return found;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ",") + word;
  return out;
}

// A cpuset without CPUs takes no process.
bool takes_processes(const Mount& mount, const std::string& directory) {
  if (std::ranges::find(mount.controllers, "cpuset") == mount.controllers.end()) return true;
  auto list = os::read_file(directory + "/cpuset.cpus");
  return list && count_of_list(*list) > 0;
}

// Its own directory in the unified tree of a hybrid machine: where a runtime put it there.
std::string directory_in_unified(const Mount& mount, const std::vector<MembershipLine>& lines) {
  const auto path = path_in(mount, lines);
  return path && *path != "/" ? mount.path + *path : std::string();
}

// In a tree without the memory controller; "" where the target is not in it, or cannot be joined.
std::string directory_beside(const Mount& mount, const std::vector<MembershipLine>& lines,
                             const Target& target) {
  const std::string path = target.init > 0 ? path_in(mount, lines).value_or("/") : target.path;
  const std::string directory = mount.path + path;
  const bool takes = mount.version != Version::kV1 || takes_processes(mount, directory);
  return path == "/" || !takes ? std::string() : directory;
}

// v1: where the target's processes are in each tree; where there are none, the same path.
Result<> open_trees(const Roots& roots, const Hierarchy& hierarchy, Target& target) {
  std::vector<MembershipLine> membership;
  if (target.init > 0) {
    if (auto lines = membership_of(roots, as_text(target.init))) membership = std::move(*lines);
  }
  for (const Mount& mount : hierarchy.mounts) {
    if (mount.version != target.version) {
      target.unified = directory_in_unified(mount, membership);
      continue;
    }
    const bool memory = std::ranges::find(mount.controllers, "memory") != mount.controllers.end();
    const std::string directory =
        memory ? mount.path + target.path : directory_beside(mount, membership, target);
    if (directory.empty()) continue;
    auto fd = os::open_directory(directory);
    if (!fd) {
      if (memory) return std::unexpected(fd.error());
      continue;
    }
    if (mount.version == Version::kV2) target.unified = directory;
    Tree tree{mount.version == Version::kV2 ? "" : joined(mount.controllers), directory,
              std::move(*fd)};
    if (memory) {
      target.trees.insert(target.trees.begin(), std::move(tree));
    } else {
      target.trees.push_back(std::move(tree));
    }
  }
  return {};
}

Result<std::string> wanted_path(const Roots& roots, const Hierarchy& hierarchy, const Mount& memory,
                                const Wanted& wanted) {
  if (const auto* process = std::get_if<ByPid>(&wanted))
    return path_of_process(roots, memory, process->pid);
  if (const auto* container = std::get_if<ByContainer>(&wanted)) {
    return path_of_container(roots, hierarchy, container->id);
  }
  return normal_path(memory, std::get<ByPath>(wanted).path);
}

}  // namespace

std::optional<EffectiveLimit> effective_limit(const std::vector<Level>& levels) {
  std::optional<EffectiveLimit> out;
  for (std::size_t i = 0; i < levels.size(); ++i) {
    if (levels[i].limit && (!out || *levels[i].limit < out->limit))
      out = EffectiveLimit{*levels[i].limit, i};
  }
  return out;
}

Result<std::string> path_of(const Roots& roots, const Hierarchy& hierarchy, const Wanted& wanted) {
  const Mount* memory = find_mount(hierarchy, "memory");
  if (memory == nullptr)
    return fail(Code::kUnsupported, "no cgroup tree with the memory controller");
  auto path = wanted_path(roots, hierarchy, *memory, wanted);
  if (!path) return path;
  if (auto exists = must_exist(roots, hierarchy, *memory, *path); !exists)
    return std::unexpected(exists.error());
  return path;
}

Result<Target> locate(const Roots& roots, const Hierarchy& hierarchy, const Wanted& wanted) {
  const Mount* memory = find_mount(hierarchy, "memory");
  if (memory == nullptr)
    return fail(Code::kUnsupported, "no cgroup tree with the memory controller");
  auto path = wanted_path(roots, hierarchy, *memory, wanted);
  if (!path) return std::unexpected(path.error());
  if (auto foreign = must_be_foreign(roots, *memory, *path); !foreign)
    return std::unexpected(foreign.error());
  if (auto exists = must_exist(roots, hierarchy, *memory, *path); !exists)
    return std::unexpected(exists.error());

  Target target;
  target.version = hierarchy.version;
  target.path = *path;
  target.container_id = container_id(path->substr(path->rfind('/') + 1)).value_or("");
  target.name = target.container_id.empty() ? *path : target.container_id.substr(0, kShortId);
  std::vector<pid_t> pids;
  collect(memory->path + *path, true, pids);
  target.init = oldest(roots, pids);
  if (auto opened = open_trees(roots, hierarchy, target); !opened)
    return std::unexpected(opened.error());
  if (target.version == Version::kV1) {
    add_v1_controllers(hierarchy, target);
  } else {
    add_v2_controllers(hierarchy, target);
  }
  auto is_frozen = frozen(target);
  if (is_frozen && *is_frozen) {
    return fail(Code::kRefused,
                "cgroup " + quoted(*path, 200) + " is frozen: thaw it first; nothing was touched");
  }
  return target;
}

Result<std::vector<pid_t>> processes(const Target& target, bool below) {
  std::vector<pid_t> out;
  collect(target.trees.front().directory, below, out);
  return out;
}

Result<std::optional<PidsRoom>> pids_room(const Target& target) {
  const Tree* tree =
      target.version == Version::kV2 ? &target.trees.front() : tree_with(target, "pids");
  std::optional<PidsRoom> out;
  if (tree == nullptr) return out;
  std::string directory = tree->directory;
  while (true) {
    const Files files(directory);
    const auto max = files.limit("pids.max");
    const auto current = files.number("pids.current");
    if (!current) return out;  // the mount point has no such file
    if (max && (!out || *max - *current < out->max - out->current))
      out = PidsRoom{*max, *current, directory};
    directory.resize(directory.rfind('/'));
  }
}

Result<bool> frozen(const Target& target) {
  if (target.version == Version::kV2) {
    auto events = os::read_file(target.trees.front().directory + "/cgroup.events");
    return events && stat_value(*events, "frozen").value_or(0) != 0;
  }
  const Tree* freezer = tree_with(target, "freezer");
  if (freezer == nullptr) return false;
  auto state = os::read_file(freezer->directory + "/freezer.state");
  return state && trim(*state) != "THAWED";
}

}  // namespace duress::cgroup
