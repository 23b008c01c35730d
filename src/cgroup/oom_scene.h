// Who competes when memory runs out on the way up from a target, as the kernel will see them: the
// levels with what can be reclaimed below each, and every process with its cgroup. It weighs
// nobody (oom_badness.h) and changes nothing. Taken once; one thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <set>
#include <string>
#include <vector>

#include "cgroup/oom_badness.h"
#include "cgroup/target.h"

namespace duress::cgroup {

struct OomProcess {
  pid_t pid = 0;
  std::string name{};
  std::string cgroup{};  // path of the memory tree, as Level::path
  OomInputs inputs{};
  std::uint64_t start_time = 0;  // clock ticks since boot
  // The first process with the same address space (CLONE_VM without CLONE_THREAD): they die
  // together. 0: its own.
  pid_t same_memory_as = 0;
};

struct OomLevel {
  Level level{};
  Bytes file{};         // page cache of all below: gone before anybody is killed
  Bytes swappable{};    // anonymous memory of all below that there is swap for
  Bytes swap_on_top{};  // what the limit of swap adds to total_pages
  [[nodiscard]] std::int64_t total_pages() const {
    return oom_total_pages(level.limit, swap_on_top);
  }
};

struct OomScene {
  std::vector<OomLevel> levels{};       // the target first
  std::vector<OomProcess> processes{};  // in the order in which the kernel looks at them
  std::set<std::string> groups{};       // cgroups that are killed whole (memory.oom.group)
  bool whole_machine = false;           // `processes` holds those of the whole tree
};

struct OomLook {
  std::string proc = "/proc";
  Bytes swap_total{};
  Bytes swap_free{};
  bool whole_machine = false;  // also those outside of every limited level: for an OOM of the node
  // No more than this will be charged: who is below a level with more room does not compete. On a
  // node of many Pods that spares the look at all of them.
  Bytes most{INT64_MAX};
};

// Processes are those of the topmost level that has a limit which can be reached, and of all below
// it.
[[nodiscard]] Result<OomScene> read_oom_scene(const Target& target, const OomLook& look);

// Unset: it has ended, or has no memory of its own (a kernel thread). `cgroup` stays empty.
[[nodiscard]] std::optional<OomProcess> read_oom_process(const std::string& proc, pid_t pid);

}  // namespace duress::cgroup
