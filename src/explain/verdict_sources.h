// Where each figure of a recording was read, for the evidence of a verdict: the kernel's files by
// the name that they have in the target's cgroup version. It reads none of them. Pure; any thread.
#pragma once

#include <string_view>

namespace duress::explain::judging {

struct Sources {
  std::string_view usage = "the cgroup's memory usage";
  std::string_view limit = "the smallest limit on the way to the root";
  std::string_view kills = "the cgroup's count of OOM kills";
  std::string_view stat = "memory.stat";
  std::string_view cpu = "cpu.stat";
};

[[nodiscard]] Sources v1_sources();
[[nodiscard]] Sources v2_sources();
// Of a recording's header; where it names no version, words instead of files.
[[nodiscard]] Sources sources_of(int cgroup_version);

}  // namespace duress::explain::judging
