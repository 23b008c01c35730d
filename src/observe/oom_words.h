// The sentences in which a kill for want of memory is told. They add nothing to what the event
// holds. Pure; any thread.
#pragma once

#include <string>

#include "observe/event.h"

namespace duress::observe {

[[nodiscard]] std::string kill_words(const Event& event);
// Nobody named it: it went when the cgroup counted a kill.
[[nodiscard]] std::string guess_words(const Event& event);
[[nodiscard]] std::string unnamed_words(const Event& event);
[[nodiscard]] std::string group_words(const Event& event);
// `task_cgroup`: "" where it is not known.
[[nodiscard]] std::string outsider_words(const std::string& name, pid_t pid,
                                         const std::string& oom_cgroup,
                                         const std::string& task_cgroup);

}  // namespace duress::observe
