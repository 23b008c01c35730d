// Records of the kernel's log and the OOM lines in them. Names and paths come from anybody: a line
// is taken apart or left out, and a name that a process gives itself is read as it is.

#include <cstddef>
#include <cstdint>
#include <string>

#include "check.h"
#include "observe/kernel_log.h"
#include "observe/oom_lines.h"
#include "observe/oom_watch.h"

namespace {

using duress::fuzz::check;
namespace observe = duress::observe;

void whole_line(const std::string& name) {
  const std::string text =
      "Memory cgroup out of memory: Killed process 4711 (" + name +
      ") total-vm:1kB, anon-rss:2kB, file-rss:3kB, shmem-rss:4kB, UID:0 pgtables:5kB "
      "oom_score_adj:-6";
  const auto line = observe::parse_oom_line(text);
  check(line && std::holds_alternative<observe::OomKilled>(*line), "a kill is a kill");
  const auto& killed = std::get<observe::OomKilled>(*line);
  check(killed.name == name && killed.pid == 4711, "a name is read as it is");
  check(killed.resident == duress::kib(9) && killed.oom_score_adj == -6, "and the figures too");
}

void whole_choice(const std::string& name) {
  const auto line = observe::parse_oom_line(
      "oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=/,mems_allowed=0,oom_memcg=/a,"
      "task_memcg=/a/b,task=" +
      name + ",pid=4711,uid=0");
  check(line && std::holds_alternative<observe::OomChoice>(*line), "a choice is a choice");
  check(std::get<observe::OomChoice>(*line).pid == 4711, "its PID is the last");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(data, data + size);
  observe::OomWatch watch("/a/b", true);
  std::string rest = text;
  for (duress::Duration at{0}; !rest.empty(); at += std::chrono::milliseconds(7)) {
    const std::size_t end = std::min(rest.find('\n'), rest.size() - 1);
    const std::string one = rest.substr(0, end + 1);
    rest.erase(0, end + 1);
    const auto record = observe::parse_kernel_record(one);
    const auto line = observe::parse_oom_line(record ? record->text : one);
    if (line) watch.line(*line, {static_cast<observe::Place>(one.size() % 3), false}, at);
  }
  observe::Sight sight;
  sight.look.oom_kills = static_cast<std::int64_t>(size % 7);
  watch.look(sight, std::chrono::seconds(1));
  (void)watch.take(std::chrono::seconds(2), true);
  check(!watch.is_open(), "at the end everything is told");
  const std::string name = text.substr(0, 15);  // TASK_COMM_LEN
  if (name.find(") total-vm:") == std::string::npos) whole_line(name);
  whole_choice(name);
  return 0;
}
