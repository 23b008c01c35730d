#include "agent/containers.h"

#include <algorithm>

#include "os/file.h"

namespace duress::agent {

Result<CgroupContainers> CgroupContainers::make(const cgroup::Roots& roots) {
  auto hierarchy = cgroup::detect(roots);
  if (!hierarchy) return std::unexpected(hierarchy.error());
  const auto memory = std::ranges::find_if(hierarchy->mounts, [](const cgroup::Mount& mount) {
    return std::ranges::find(mount.controllers, "memory") != mount.controllers.end();
  });
  if (memory == hierarchy->mounts.end())
    return fail(Code::kUnsupported, "no cgroup tree with the memory controller is mounted");
  const std::string mount = memory->path;
  CgroupContainers out(roots, std::move(*hierarchy), mount);
  out.look();
  return out;
}

void CgroupContainers::look() {
  paths_.clear();
  auto all = cgroup::containers(roots_, hierarchy_);
  if (!all) return;
  for (cgroup::Container& container : *all)
    paths_.emplace(std::move(container.id), std::move(container.path));
}

std::optional<std::string> CgroupContainers::running(const std::string& id) const {
  const auto found = paths_.find(id);
  if (id.empty() || found == paths_.end()) return std::nullopt;
  // A v2 container may keep its processes in cgroups of its own, below.
  const std::string directory = mount_ + found->second;
  const auto procs = os::read_file(directory + "/cgroup.procs");
  if (procs && !procs->empty()) return found->second;
  const auto inner = os::subdirectories(directory);
  if (!inner) return std::nullopt;
  for (const std::string& name : *inner) {
    const auto below = os::read_file(directory + "/" + name + "/cgroup.procs");
    if (below && !below->empty()) return found->second;
  }
  return std::nullopt;
}

}  // namespace duress::agent
