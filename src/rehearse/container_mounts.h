// What a container sees of the file system: this machine's, with the Pod's volumes, a /proc, /dev
// and /etc/hosts of its own, and its own cgroup where the cgroup trees are. Mount points that this
// machine does not have are made in a copy of the directory's names in memory, never on the
// machine. Called by the container's first process in a mount namespace of its own, before it
// executes.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "rehearse/runtime_plan.h"

namespace duress::rehearse {

struct CgroupView {
  std::string directory;
  std::string mount_point;
};

[[nodiscard]] Result<> set_up_mounts(const PlannedPod& pod, const PlannedContainer& container,
                                     const std::vector<CgroupView>& views);

// The part of an absolute path that exists, as `exists` has it: "/var/lib" of "/var/lib/app/data".
template <class Exists>
[[nodiscard]] std::string deepest_existing(std::string path, const Exists& exists) {
  while (path.size() > 1 && !exists(path)) {
    path.resize(path.rfind('/'));
    if (path.empty()) path = "/";
  }
  return path;
}

// Whether `path` is `directory` or below it.
[[nodiscard]] bool is_below(const std::string& path, const std::string& directory);

}  // namespace duress::rehearse
