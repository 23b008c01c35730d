// Which processes of a container are Duress's own, and what they hold: told by their names, which
// the worker program gives itself. It reads /proc only, and of a process that is no worker only for
// its first moments. One object a container; one thread.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/units.h"

namespace duress::observe {

struct WorkerUse {
  int memory = 0;  // workers by kind
  int cpu = 0;
  Bytes resident{};                 // of those in the container's memory tree
  std::chrono::nanoseconds used{};  // CPU time of those that are alive

  [[nodiscard]] bool any() const { return memory + cpu > 0; }
};

enum class WorkerKind { kNone, kMemory, kCpu };
// By the name of a process, as /proc/PID/comm has it.
[[nodiscard]] WorkerKind worker_kind(std::string_view comm);

class Workers final {
 public:
  // `proc` and `page` are the machine's.
  Workers(std::string proc, Bytes page) : proc_(std::move(proc)), page_(page) {}

  // `in_memory`: PIDs of the memory tree; `in_cpu`: those that are in the cpu tree (v1), else
  // empty.
  [[nodiscard]] WorkerUse look(std::vector<pid_t>& in_memory, std::vector<pid_t>& in_cpu);

 private:
  struct Process {
    pid_t pid = 0;
    int looks = 0;  // a process that was just started has not its last name yet
    WorkerKind kind = WorkerKind::kNone;
    bool in_memory = false;
  };
  void know(std::vector<pid_t>& in_memory, std::vector<pid_t>& in_cpu);
  [[nodiscard]] WorkerKind kind_of(pid_t pid) const;
  [[nodiscard]] Bytes resident_of(pid_t pid) const;
  [[nodiscard]] std::chrono::nanoseconds used_by(pid_t pid) const;

  std::string proc_;
  Bytes page_;
  std::vector<Process> known_;  // by PID
  std::vector<Process> next_;
};

}  // namespace duress::observe
