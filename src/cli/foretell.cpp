#include "cli/foretell.h"

#include <linux/capability.h>
#include <unistd.h>

#include "os/privileges.h"

namespace duress::cli {

namespace {

constexpr const char* kProc = "/proc";
// What a worker has resident beside what it holds: its stack, its control page, its code. Of what a
// v2 worker is charged beside what it holds (tactics: worker_overhead), the rest is the kernel's.
constexpr Bytes kWorkerResident = kib(40);
constexpr Bytes kV2WorkerKernel = kib(85);

stress::Rights rights() {
  return {.ipc_lock = os::has_capability(CAP_IPC_LOCK),
          .sys_resource = os::has_capability(CAP_SYS_RESOURCE),
          .sys_nice = os::has_capability(CAP_SYS_NICE)};
}

explain::Load load_of(const cgroup::Target& target, const stress::MemoryPlan& plan) {
  explain::Load out;
  out.size = plan.size;
  out.mode = plan.load.mode;
  out.metric = plan.load.metric;
  out.shares = plan.shares;
  out.oom_score_adj = plan.oom_score_adj;
  out.policy = plan.load.when_oom.policy;
  const spec::WhenOom& rule = plan.load.when_oom;
  const bool without_end = rule.then == spec::Then::kRegrow && rule.max_kills <= 1;
  out.most_kills = without_end ? 0 : std::max(1, rule.max_kills);
  out.keep_free = plan.keep_free;
  const bool v2 = target.version == cgroup::Version::kV2;
  out.workers_cgroup = target.path + (target.has_children ? "/duress" : "");
  out.tables_apart = v2;
  out.worker_base = v2 ? kWorkerResident - kV2WorkerKernel : kWorkerResident;
  return out;
}

// With page tables and the counters' stocks. Where others grow too, nobody knows.
Bytes most_charged(Bytes size, Bytes available, bool others_grow) {
  if (others_grow || size >= available) return Bytes{INT64_MAX};
  return size + size / 4 + mib(64);
}

}  // namespace

Result<stress::Observed> observe_target(const cgroup::Target& target,
                                        const os::MemoryInfo& memory) {
  auto available = memory.available();
  if (!available) return std::unexpected(available.error());
  return stress::observe(target, {.proc = kProc,
                                  .total = memory.total(),
                                  .available = *available,
                                  .cpus = static_cast<int>(::sysconf(_SC_NPROCESSORS_ONLN)),
                                  .rights = rights()});
}

Result<std::optional<Foretelling>> foretell(const cgroup::Target& target,
                                            const stress::Observed& observed,
                                            const stress::Plan& plan, const os::MemoryInfo& memory,
                                            const std::map<pid_t, Bytes>& grows_to) {
  if (!plan.memory) return std::nullopt;
  auto state = memory.state();
  if (!state) return std::unexpected(state.error());
  // All the machine's processes are looked at only where they would compete.
  const Bytes most = most_charged(plan.memory->size, observed.node_available, !grows_to.empty());
  const auto room = stress::headroom(observed.levels, observed.memory.inactive_file);
  const bool machine_first = !room || *room > observed.node_available;
  auto kernel = cgroup::read_oom_scene(
      target, {.proc = kProc,
               .swap_total = memory.swap_total(),
               .swap_free = state->swap_free,
               .whole_machine = machine_first && most >= observed.node_available,
               .most = most});
  if (!kernel) return std::unexpected(kernel.error());
  Foretelling out;
  out.scene.kernel = std::move(*kernel);
  out.scene.use = observed.memory;
  out.scene.init = target.init;
  out.scene.grows_to = grows_to;
  out.scene.node_total = observed.node_total;
  out.scene.node_swap = memory.swap_total();
  out.scene.node_available = observed.node_available;
  out.load = load_of(target, *plan.memory);
  out.forecast = explain::forecast(out.scene, out.load);
  return out;
}

}  // namespace duress::cli
