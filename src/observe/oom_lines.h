// What the kernel's log says of OOM kills, line by line (mm/oom_kill.c, mm/memcontrol.c). A line
// that names a cgroup is rate-limited by the kernel, the line of the kill itself is complete but
// names none; putting them together is oom_watch.h's. Names and paths may hold any byte. Pure; any
// thread.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/units.h"

namespace duress::observe {

// "oom-kill:constraint=CONSTRAINT_MEMCG,...,oom_memcg=/a,task_memcg=/a/b,task=name,pid=1,uid=0"
struct OomChoice {
  bool by_node = false;      // global_oom: the machine was short
  std::string oom_cgroup{};  // whose limit it was; "" where the node was short
  std::string task_cgroup{};
  std::string name{};
  pid_t pid = 0;
};

// "Memory cgroup out of memory: Killed process 1 (name) total-vm:..kB, anon-rss:..kB, ..."
struct OomKilled {
  bool by_node = false;
  pid_t pid = 0;
  std::string name{};
  Bytes resident{};  // anon + file + shmem
  std::optional<int> oom_score_adj{};
};

// "Tasks in /a are going to be killed due to memory.oom.group set"
struct OomGroup {
  std::string cgroup{};
};

using OomLine = std::variant<OomChoice, OomKilled, OomGroup>;
[[nodiscard]] std::optional<OomLine> parse_oom_line(std::string_view text);

}  // namespace duress::observe
