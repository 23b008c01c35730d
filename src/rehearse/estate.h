// All that a rehearsal makes on the machine outside of its processes, and how it is removed: by the
// rehearsal, by its caretaker, or by a later start. Nothing else may be in it. Functions of values;
// any thread, and any process that may write there.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <vector>

#include "base/error.h"
#include "cgroup/target.h"
#include "os/fd.h"

namespace duress::rehearse {

inline constexpr const char* kRootPrefix = "duress-rehearse-";  // + PID: the root cgroup's name
inline constexpr const char* kPlacePrefix = "rehearse-";        // + PID: the directories' name

struct Estate {
  std::vector<std::string> cgroups{};      // the root's directory in each tree
  std::vector<std::string> directories{};  // removed with all that is in them, links not followed
  std::vector<std::string> parents{};      // removed where nothing else is in them
};

// Ends every process in the cgroups, removes them bottom-up and the directories after them. What is
// still there when the patience is over, a sentence each.
[[nodiscard]] std::vector<std::string> clear(const Estate& estate,
                                             std::chrono::nanoseconds patience);

// One cgroup without children, if nobody is in it. True: it is gone.
[[nodiscard]] bool remove_empty(const std::vector<std::string>& directories);

// SIGKILL for all in these cgroups and below.
void kill_all(const std::vector<std::string>& cgroups);

// Held by a rehearsal and its caretaker while one of them lives.
[[nodiscard]] Result<os::Fd> lock_place(const std::string& directory);

// Of rehearsals that were killed together with their caretakers: nobody holds their lock.
[[nodiscard]] Result<std::vector<Estate>> find_leftovers(const std::string& run_directory,
                                                         const std::string& state_directory,
                                                         const cgroup::Hierarchy& hierarchy);
// What could not be removed, a sentence each.
[[nodiscard]] std::vector<std::string> remove(const std::vector<Estate>& leftovers);

}  // namespace duress::rehearse
