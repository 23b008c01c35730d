// Makes the controllers of one cgroup; the only place that names both versions. One thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "cgroup/controllers.h"
#include "cgroup/target.h"

namespace duress::cgroup {

[[nodiscard]] std::unique_ptr<Memory> make_v1_memory(const std::string& mount,
                                                     const std::string& path);
[[nodiscard]] std::unique_ptr<Memory> make_v2_memory(const std::string& mount,
                                                     const std::string& path);

// v1 has CPU time, quota and the set of CPUs in trees of their own. "": not mounted, or not for
// this target.
struct V1CpuTrees {
  std::string cpu_mount, cpu_path;
  std::string cpuacct_directory;
  std::string cpuset_directory;
};
[[nodiscard]] std::unique_ptr<Cpu> make_v1_cpu(const V1CpuTrees& trees);
[[nodiscard]] std::unique_ptr<Cpu> make_v2_cpu(const std::string& mount, const std::string& path);

// Give a target whose trees are open its controllers. v2: also whether processes may be put into
// it.
void add_v1_controllers(const Hierarchy& hierarchy, Target& target);
void add_v2_controllers(const Hierarchy& hierarchy, Target& target);

// Every controller that is looked for in a mount's options.
[[nodiscard]] bool is_known_controller(std::string_view name);

}  // namespace duress::cgroup
