// What a forked child does to become a container's first process, or a command in a running
// container: cgroups, namespaces, mounts, user, then the program. It never returns; what fails is
// written to `report` as one line, in the words of a container runtime. Called by the runtime
// process only, which has one thread.
#pragma once

#include <string>
#include <vector>

#include "os/fd.h"
#include "rehearse/container_mounts.h"
#include "rehearse/pod_namespaces.h"
#include "rehearse/runtime_plan.h"

namespace duress::rehearse {

struct Becoming {
  const PlannedPod& pod;
  const PlannedContainer& container;
  const os::Fd& output;
  const os::Fd& report;
  std::vector<os::Fd> joins{};  // directories of cgroups; none where it was started inside
};

[[noreturn]] void become_container(const Becoming& becoming, const PodNamespaces& namespaces,
                                   const std::vector<CgroupView>& views);
// Already in the container's PID namespace; `container` is the pidfd of its first process.
[[noreturn]] void become_command(const Becoming& becoming,
                                 const std::vector<std::string>& arguments,
                                 const os::Fd& container);

// Why `program` could not be executed, as runc puts it.
[[nodiscard]] std::string exec_failure(const std::string& program, int error);

}  // namespace duress::rehearse
