#include "observe/oom_words.h"

#include <algorithm>

#include "base/text.h"

namespace duress::observe {

namespace {

std::string process_words(const std::string& name, pid_t pid, bool ours) {
  return quoted(name) + " (PID " + std::to_string(pid) +
         (ours ? "), one of Duress's own processes" : ")");
}

std::string limit_words(const std::string& cgroup) {
  if (cgroup == "/") return "the node had no memory left";
  return cgroup.empty() ? std::string("a limit was met")
                        : "the limit of " + quoted(cgroup, 200) + " was met";
}

std::string usage_words(const Event& event) {
  return event.bytes ? " with the target at " + format_bytes(*event.bytes) : std::string();
}

}  // namespace

std::string kill_words(const Event& event) {
  std::string out = "the OOM killer took " + process_words(event.subject, event.pid, event.ours);
  if (event.resident) out += ", which held " + format_bytes(*event.resident);
  if (event.oom_score_adj) out += " at oom_score_adj " + std::to_string(*event.oom_score_adj);
  return out + ": " + limit_words(event.cgroup) + usage_words(event);
}

std::string guess_words(const Event& event) {
  return "the cgroup counted an OOM kill, and " +
         process_words(event.subject, event.pid, event.ours) +
         " went at that time; the kernel's log does not name the victim" + usage_words(event);
}

std::string unnamed_words(const Event& event) {
  return "the cgroup counted an OOM kill; neither the kernel's log nor a process that was seen "
         "tells whose: " +
         limit_words(event.cgroup) + usage_words(event);
}

std::string group_words(const Event& event) {
  const auto ours = std::ranges::count(event.members, true, &Member::ours);
  std::string out = "the OOM killer took the whole cgroup (memory.oom.group), " +
                    std::to_string(event.members.size()) + " processes";
  if (ours > 0) out += ", " + std::to_string(ours) + " of them Duress's own";
  if (!event.subject.empty())
    out += "; chosen was " + process_words(event.subject, event.pid, event.ours);
  return out + ": " + limit_words(event.cgroup) + usage_words(event);
}

std::string outsider_words(const std::string& name, pid_t pid, const std::string& oom_cgroup,
                           const std::string& task_cgroup) {
  return "the OOM killer took " + process_words(name, pid, false) +
         (task_cgroup.empty() ? ", which is not the target's"
                              : " of " + quoted(task_cgroup, 200) + ", outside of the target") +
         ": " + limit_words(oom_cgroup);
}

}  // namespace duress::observe
