// What there is to see of a target before a plan is made: see observe.h.
#include "stress/observe.h"

#include <algorithm>
#include <cstdlib>
#include <string>

#include "os/file.h"

namespace duress::stress {

namespace {

std::optional<int> oom_score_adj(const std::string& proc, const std::string& pid) {
  auto text = os::read_file(proc + "/" + pid + "/oom_score_adj");
  if (!text) return std::nullopt;
  return std::atoi(text->c_str());
}

}  // namespace

Result<Observed> observe(const cgroup::Target& target, const Machine& machine) {
  Observed out;
  out.target = target.name;
  out.init = target.init;
  auto levels = target.memory->levels();
  if (!levels) return std::unexpected(levels.error());
  out.levels = std::move(*levels);
  auto use = target.memory->read();
  if (!use) return std::unexpected(use.error());
  out.memory = *use;
  if (target.cpu) {
    if (auto limits = target.cpu->limits()) out.cpu = *limits;
  }
  if (auto pids = cgroup::pids_room(target)) out.pids = *pids;
  auto processes = cgroup::processes(target);
  if (!processes) return std::unexpected(processes.error());
  for (const pid_t pid : *processes) {
    if (auto process = cgroup::read_oom_process(machine.proc, pid)) {
      out.processes.push_back(std::move(*process));
    }
  }
  const auto own = oom_score_adj(machine.proc, "self").value_or(0);
  out.own_oom_score_adj = own;
  const auto init = std::ranges::find(out.processes, target.init, &cgroup::OomProcess::pid);
  out.init_oom_score_adj = init == out.processes.end() ? own : init->inputs.oom_score_adj;
  out.node_total = machine.total;
  out.node_available = machine.available;
  out.node_pressure = os::pressure_state("/proc");
  out.node_cpus = machine.cpus;
  out.can_lock = machine.rights.ipc_lock;
  out.can_lower_oom_score = machine.rights.sys_resource;
  out.can_nice = machine.rights.sys_nice;
  out.counts_pids =
      target.version == cgroup::Version::kV2;  // on v1 a worker does not join the pids tree
  return out;
}

}  // namespace duress::stress
