// What killed runs left on this machine: changed files, child cgroups, workers without a warden. It
// finds and, when asked, removes; it touches nothing of a run that is alive. One thread.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "cgroup/target.h"
#include "stress/journal.h"

namespace duress::stress {

struct Leftovers {
  std::vector<Orphan> journals;
  std::vector<pid_t> workers;        // our worker programs whose parent is no warden
  std::vector<std::string> cgroups;  // duress-<pid> of a warden that is gone

  [[nodiscard]] bool empty() const {
    return journals.empty() && workers.empty() && cgroups.empty();
  }
};

[[nodiscard]] Result<Leftovers> find_leftovers(const std::string& run_directory,
                                               const std::string& proc,
                                               const cgroup::Hierarchy& hierarchy);

// Returns what could not be removed, a sentence each.
[[nodiscard]] std::vector<std::string> remove(const Leftovers& leftovers);

// Only the journals: what every start does first. Returns the lines to tell.
[[nodiscard]] std::vector<std::string> mend_journals(const std::string& run_directory);

}  // namespace duress::stress
