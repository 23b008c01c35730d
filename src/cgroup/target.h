// Finds the one cgroup that is meant, by PID, container ID or path, without asking a container
// runtime, and opens it. It never creates, joins or changes a cgroup. The Target owns the directory
// fds it hands out; one thread.
#pragma once

#include <sys/types.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/error.h"
#include "cgroup/controllers.h"
#include "os/fd.h"

namespace duress::cgroup {

// Where the kernel shows processes and cgroups: "/" on a real machine, a directory in tests.
struct Roots {
  std::string proc = "/proc";
  std::string cgroup;  // not empty: mount points are looked for below this directory only
};

enum class Version {
  kV1,
  kV2
};  // of the tree that has the memory controller; hybrid machines are kV1

struct Mount {
  std::string path;  // "/sys/fs/cgroup/memory"
  std::string root;  // the cgroup that is mounted there, "/" outside of a container
  Version version = Version::kV1;
  std::vector<std::string> controllers;  // v1: of the mount's options; v2: of cgroup.controllers
};

// All cgroup mounts, from <proc>/self/mountinfo. kUnsupported where there is no memory controller
// at all.
struct Hierarchy {
  Version version = Version::kV1;
  bool hybrid = false;  // v1 controllers with a v2 tree beside them
  std::vector<Mount> mounts;
};
[[nodiscard]] Result<Hierarchy> detect(const Roots& roots);

// The directory of this process's own cgroup in the tree that has the memory controller.
[[nodiscard]] Result<std::string> own_directory(const Roots& roots, const Hierarchy& hierarchy);

struct ByPid {
  pid_t pid;
};
struct ByContainer {
  std::string id;
};  // a full ID, a prefix, or a cgroup's name
struct ByPath {
  std::string path;
};  // below the mount with or without a leading slash, or absolute
using Wanted = std::variant<ByPid, ByContainer, ByPath>;

// How to put a process into one tree of the target: write its PID to `cgroup.procs` of this
// directory.
struct Tree {
  std::string controllers;  // "memory", "cpu,cpuacct", "cpuset"; "" is the unified tree
  std::string directory;    // absolute
  os::Fd fd;                // O_PATH|O_DIRECTORY of it
};

struct Target {
  std::string name;          // what to call it: container ID cut to 12, or the path
  std::string container_id;  // "" where the path tells none
  std::string path;  // of the memory tree, below the mount: "/kubepods/burstable/pod.../<id>"
  Version version = Version::kV1;
  pid_t init = 0;           // the oldest process of the cgroup; 0 where it is empty
  std::vector<Tree> trees;  // v1: memory, cpu, cpuacct, cpuset, pids, freezer where mounted (a
                            // mount once); v2: one
  std::string unified;      // its directory in the unified tree, for PressureFiles; "" where it is
                            // not there
  bool has_children =
      false;  // v2: cgroup.subtree_control is not empty, processes may not be put here
  std::unique_ptr<Memory> memory;
  std::unique_ptr<Cpu> cpu;  // null where there is no CPU controller
};

// Refuses (kRefused) the root cgroup, PID 1, kernel threads, a cgroup that is this process's own or
// above it, a frozen one; kNotFound for an unknown one, with a list of the containers that there
// are; kGone for a PID that ended.
[[nodiscard]] Result<Target> locate(const Roots& roots, const Hierarchy& hierarchy,
                                    const Wanted& wanted);

// Where it is, below the mount of the memory tree: for those who only look. It refuses nothing but
// what is not there (kNotFound, kGone) or leads out of the tree.
[[nodiscard]] Result<std::string> path_of(const Roots& roots, const Hierarchy& hierarchy,
                                          const Wanted& wanted);

// The containers of the machine: every cgroup whose name holds a 64-digit hexadecimal ID.
struct Container {
  std::string id;
  std::string path;
};
[[nodiscard]] Result<std::vector<Container>> containers(const Roots& roots,
                                                        const Hierarchy& hierarchy);

// PIDs in the cgroup itself, in its memory tree (`below`: and in all cgroups below it), in no
// order.
[[nodiscard]] Result<std::vector<pid_t>> processes(const Target& target, bool below = true);

// pids.max - pids.current, the smallest on the way to the root; unset where nothing limits them.
struct PidsRoom {
  std::int64_t max;
  std::int64_t current;
  std::string path;
};
[[nodiscard]] Result<std::optional<PidsRoom>> pids_room(const Target& target);

// v1: freezer.state is not THAWED; v2: cgroup.freeze of it or above is 1.
[[nodiscard]] Result<bool> frozen(const Target& target);

}  // namespace duress::cgroup
