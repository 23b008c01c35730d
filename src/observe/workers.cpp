#include "observe/workers.h"

#include <algorithm>

#include "base/text.h"
#include "cgroup/parse.h"
#include "os/file.h"

namespace duress::observe {

namespace {

// After so many looks a process keeps its name: workers name themselves at once.
constexpr int kSettled = 3;

}  // namespace

WorkerKind worker_kind(std::string_view comm) {
  comm = trim(comm);
  if (comm == "duress-memory" || comm == "duress-fill") return WorkerKind::kMemory;
  if (comm == "duress-cpu") return WorkerKind::kCpu;
  return WorkerKind::kNone;
}

WorkerKind Workers::kind_of(pid_t pid) const {
  const auto comm = os::read_file(proc_ + "/" + std::to_string(pid) + "/comm");
  return comm ? worker_kind(*comm) : WorkerKind::kNone;
}

Bytes Workers::resident_of(pid_t pid) const {
  const auto text = os::read_file(proc_ + "/" + std::to_string(pid) + "/statm");
  if (!text) return {};
  const std::size_t space = text->find(' ');
  if (space == text->npos) return {};
  return page_ * cgroup::number_value(std::string_view(*text).substr(space + 1)).value_or(0);
}

std::chrono::nanoseconds Workers::used_by(pid_t pid) const {
  const auto text = os::read_file(proc_ + "/" + std::to_string(pid) + "/schedstat");
  return std::chrono::nanoseconds(text ? cgroup::number_value(*text).value_or(0) : 0);
}

// What is known of those that are still there, and the new ones beside them.
void Workers::know(std::vector<pid_t>& in_memory, std::vector<pid_t>& in_cpu) {
  std::ranges::sort(in_memory);
  std::ranges::sort(in_cpu);
  next_.clear();
  std::size_t old = 0;
  const auto add = [&](pid_t pid, bool of_memory) {
    while (old < known_.size() && known_[old].pid < pid) ++old;
    const bool is_known = old < known_.size() && known_[old].pid == pid;
    Process process = is_known ? known_[old] : Process{.pid = pid};
    process.in_memory = of_memory;
    next_.push_back(process);
  };
  std::size_t c = 0;
  for (const pid_t pid : in_memory) {
    for (; c < in_cpu.size() && in_cpu[c] < pid; ++c) add(in_cpu[c], false);
    if (c < in_cpu.size() && in_cpu[c] == pid) ++c;
    add(pid, true);
  }
  for (; c < in_cpu.size(); ++c) add(in_cpu[c], false);
  known_.swap(next_);
}

WorkerUse Workers::look(std::vector<pid_t>& in_memory, std::vector<pid_t>& in_cpu) {
  know(in_memory, in_cpu);
  WorkerUse out;
  for (Process& process : known_) {
    const bool is_worker = process.kind != WorkerKind::kNone;
    if (!is_worker && process.looks >= kSettled) continue;
    ++process.looks;
    // A worker is asked every time: its number may be another's by now.
    process.kind = kind_of(process.pid);
    if (process.kind == WorkerKind::kNone) continue;
    (process.kind == WorkerKind::kMemory ? out.memory : out.cpu) += 1;
    if (process.in_memory) out.resident += resident_of(process.pid);
    out.used += used_by(process.pid);
  }
  return out;
}

}  // namespace duress::observe
