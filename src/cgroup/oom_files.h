// The files of one cgroup that say what the OOM killer will find there: shared by oom_scene.cpp and
// the two versions. They only read. One thread.
#pragma once

#include "base/units.h"
#include "cgroup/files.h"

namespace duress::cgroup {

struct OomFiles {
  Bytes file{};        // both lists of page cache, tmpfs not among it
  Bytes anon{};        // both lists of anonymous memory and tmpfs; locked is in neither
  Bytes swap_limit{};  // on top of the memory limit; INT64_MAX: none
  Bytes swap_used{};
};
[[nodiscard]] OomFiles read_v1_oom_files(const Files& files);
[[nodiscard]] OomFiles read_v2_oom_files(const Files& files);

[[nodiscard]] bool is_killed_whole(const Files& files);  // never on v1, which has no such file

}  // namespace duress::cgroup
