#include "stress/plan.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>

#include "base/text.h"

namespace duress::stress {

namespace {

using spec::OomPolicy;

constexpr Bytes kLeastGuard = mib(256);
constexpr Percent kGuardPart{5};
constexpr Bytes kLeastKeptFree = mib(16);
constexpr Percent kKeptFreePart{3};
constexpr int kFirstVictim = 1000;
constexpr double kSmallShare =
    0.02;  // of each further worker where one has to outweigh the application

std::string number(double value, int digits = 2) {
  std::string text(32, '\0');
  const int length = std::snprintf(text.data(), text.size(), "%.*f", digits, value);
  text.resize(static_cast<std::size_t>(length));
  return text;
}

// What weighs most at a limit of that size, in bytes; nothing is swapped on top of it here.
struct Heaviest {
  const cgroup::OomProcess* process = nullptr;
  std::optional<Bytes> weight{};
};

std::optional<Bytes> weight_of(const cgroup::OomInputs& inputs, Bytes limit) {
  const auto pages = cgroup::oom_badness(inputs, cgroup::oom_total_pages(limit, Bytes{0}));
  return pages ? std::optional(cgroup::kOomPage * *pages) : std::nullopt;
}

Heaviest heaviest(const Observed& observed, Bytes limit) {
  Heaviest found;
  for (const cgroup::OomProcess& process : observed.processes) {
    const auto weight = weight_of(process.inputs, limit);
    if (weight && (!found.weight || *weight > *found.weight)) found = {&process, weight};
  }
  return found;
}

Bytes unreclaimable(const Observed& observed) { return observed.memory.working_set(); }

// What the load may grow to before a limit stops it.
Bytes attainable(const MemoryPlan& plan, const Observed& observed) {
  Bytes rise = plan.size;
  if (plan.load.mode == spec::Mode::kReach) {
    const Bytes now = plan.load.metric == spec::Metric::kUsage  ? observed.memory.usage
                      : plan.load.metric == spec::Metric::kAnon ? observed.memory.anon
                                                                : observed.memory.working_set();
    rise = std::max(Bytes{0}, plan.size - now);
  }
  const auto room = headroom(observed.levels, observed.memory.inactive_file);
  return room ? std::min(rise, std::max(Bytes{0}, *room)) : rise;
}

class Planner {
 public:
  Planner(const Asked& asked, const Observed& observed) : asked_(asked), seen_(observed) {}

  Plan make() {
    guard();
    if (asked_.loads.memory) memory(*asked_.loads.memory);
    if (asked_.loads.cpu) cpu(*asked_.loads.cpu);
    pids();
    return std::move(plan_);
  }

 private:
  void note(std::string text) { plan_.notes.push_back(std::move(text)); }
  void refuse(std::string text) { plan_.refusals.push_back(std::move(text)); }

  void guard() {
    const spec::Guards& asked = asked_.loads.guards;
    plan_.guard.memory = std::max(percent_of(kGuardPart, seen_.node_total), kLeastGuard);
    if (const auto& memory = asked.node_memory) {
      const auto* bytes = std::get_if<Bytes>(&*memory);
      plan_.guard.memory =
          bytes != nullptr ? *bytes : percent_of(std::get<Percent>(*memory), seen_.node_total);
    }
    plan_.guard.pressure = asked.node_pressure;
    if (auto why = not_told(asked.node_pressure, seen_.node_pressure)) return refuse(*why);
    if (auto why = beyond(asked.node_pressure, seen_.node_pressure))
      refuse("guard: " + *why + ": wait until it has eased, or allow more");
  }

  void memory(const spec::MemoryLoad& load) {
    auto size = resolve_size(load, seen_);
    if (!size) return refuse(size.error().message);
    MemoryPlan plan;
    plan.load = load;
    plan.size = *size;
    plan.locked = !load.swappable;
    if (plan.locked && !seen_.can_lock) {
      return refuse(
          "memory: CAP_IPC_LOCK is missing, and memory that is not locked can be swapped out: run "
          "as root, give the "
          "capability, or ask for --swappable");
    }
    if (!load.percent_of && std::holds_alternative<Percent>(load.size) &&
        !cgroup::effective_limit(seen_.levels)) {
      note("the target has no memory limit: " + number(std::get<Percent>(load.size).value, 1) +
           " % is of the machine's " + format_bytes(seen_.node_total));
    }
    plan.keep_free = load.reserve;
    const auto limit = cgroup::effective_limit(seen_.levels);
    if (load.when_oom.policy == OomPolicy::kAvoid && limit) {
      plan.keep_free =
          std::max({load.reserve, kLeastKeptFree, percent_of(kKeptFreePart, limit->limit)});
    }
    set_oom_score(plan);
    share_out(plan);
    if (limit) oom(plan, limit->limit);
    against_guard(plan);
    against_bound(plan);
    plan_.memory = std::move(plan);
  }

  void set_oom_score(MemoryPlan& plan) {
    const bool chosen = plan.load.oom_score_adj.has_value();
    int wanted = plan.load.oom_score_adj.value_or(seen_.init_oom_score_adj);
    if (!chosen && plan.load.when_oom.policy == OomPolicy::kStressorFirst) wanted = kFirstVictim;
    if (!chosen && plan.load.when_oom.policy == OomPolicy::kAppFirst) {
      wanted = seen_.can_lower_oom_score ? -1000 : seen_.own_oom_score_adj;
    }
    plan.oom_score_adj = wanted;
    if (wanted >= seen_.own_oom_score_adj || seen_.can_lower_oom_score) return;
    if (chosen) {
      return refuse("oomScoreAdj: " + std::to_string(wanted) +
                    " needs CAP_SYS_RESOURCE, which is missing: give it, or take a value from " +
                    std::to_string(seen_.own_oom_score_adj) + " to 1000");
    }
    plan.oom_score_adj = seen_.own_oom_score_adj;
    note("workers get oom_score_adj " + std::to_string(plan.oom_score_adj) +
         ", not the application's " + std::to_string(wanted) +
         ": CAP_SYS_RESOURCE is missing, so the kernel would take a worker sooner than " +
         "an ordinary process of the target");
  }

  void share_out(MemoryPlan& plan) const {
    const auto count = static_cast<std::size_t>(plan.load.workers);
    plan.shares.assign(count, 1.0 / static_cast<double>(count));
    if (plan.load.when_oom.policy != OomPolicy::kStressorFirst || count == 1) return;
    const double small = std::min(kSmallShare, 0.5 / static_cast<double>(count));
    plan.shares.assign(count, small);
    plan.shares[0] = 1.0 - small * static_cast<double>(count - 1);
  }

  void oom(const MemoryPlan& plan, Bytes limit) {
    const Bytes attained = attainable(plan, seen_);
    const Bytes wanted = plan.load.mode == spec::Mode::kReach
                             ? std::max(Bytes{0}, plan.size - seen_.memory.usage)
                             : plan.size;
    const bool fits = unreclaimable(seen_) + wanted < limit && attained >= wanted;
    if (plan.load.when_oom.policy == OomPolicy::kAvoid) {
      note("keeps " + format_bytes(plan.keep_free) + " free below the limit of " +
           format_bytes(limit) + (fits ? "" : ", so that less than the size is held"));
    }
    if (plan.load.when_oom.policy == OomPolicy::kAppFirst)
      must_be_outweighed(plan, limit, attained);
  }

  void must_be_outweighed(const MemoryPlan& plan, Bytes limit, Bytes attained) {
    const Bytes largest{
        static_cast<std::int64_t>(static_cast<double>(attained.value) * plan.shares[0])};
    const auto ours = weight_of({.resident_pages = largest.value / cgroup::kOomPage.value,
                                 .oom_score_adj = plan.oom_score_adj},
                                limit);
    const Heaviest app = heaviest(seen_, limit);
    if (!ours || (app.weight && *app.weight > *ours)) return;
    refuse("whenOOM.policy: appFirst cannot come true, badness at the limit: largest worker " +
           format_bytes(*ours) + ", " +
           (app.process != nullptr ? app.process->name + " (" + std::to_string(app.process->pid) +
                                         ") " + format_bytes(*app.weight)
                                   : std::string("application exempt")) +
           "; make the size smaller, use more workers, or give CAP_SYS_RESOURCE");
  }

  void against_guard(const MemoryPlan& plan) {
    const Bytes rise = attainable(plan, seen_);
    if (seen_.node_available - rise >= plan_.guard.memory) return;
    refuse("memory: " + format_bytes(rise) + " more would leave the machine " +
           format_bytes(std::max(Bytes{0}, seen_.node_available - rise)) + ", below the guard of " +
           format_bytes(plan_.guard.memory) + ": ask for at most " +
           format_bytes(std::max(Bytes{0}, seen_.node_available - plan_.guard.memory)) +
           ", or set --guard");
  }

  // A level counts as a whole: the application may leave all of it to the load.
  void against_bound(MemoryPlan& plan) {
    if (!asked_.at_most) return;
    plan.most = plan.size;
    if (plan.size <= *asked_.at_most) return;
    refuse("memory: " + format_bytes(plan.size) + " is asked for, and " +
           format_bytes(*asked_.at_most) +
           " may be held at most: ask for less, or raise --at-most");
  }

  void cpu(const spec::CpuLoad& load) {
    if (!seen_.cpu)
      return refuse("cpu: the target has no CPU controller, so its share cannot be measured");
    const cgroup::CpuLimits& limits = *seen_.cpu;
    CpuPlan plan{.load = load, .asked = {}, .possible = Cores{static_cast<double>(limits.cpus)}};
    if (limits.quota) plan.possible = std::min(plan.possible, *limits.quota);
    if (load.percent_of == spec::CpuPercentOf::kLimit) {
      if (!limits.quota) {
        return refuse(
            "cpu.percentOf: limit needs a CPU limit, and none is set on the way to the root: use "
            "--cpu-percent-of "
            "core");
      }
      plan.asked = *limits.quota * (load.load.value / 100.0);
    } else {
      plan.asked = Cores{load.load.value / 100.0 * load.workers};
    }
    const auto most = static_cast<double>(load.workers);
    if (plan.asked.value > most) {
      return refuse("cpu.workers: " + std::to_string(load.workers) + " can use " + number(most) +
                    " CPUs at most, " + number(plan.asked.value) + " are asked for: give " +
                    std::to_string(static_cast<int>(std::ceil(plan.asked.value))) + " workers");
    }
    if (plan.asked > plan.possible) {
      note("cpu: " + number(plan.asked.value) + " CPUs are asked for, the target can get " +
           number(plan.possible.value) + " (" + std::to_string(limits.cpus) + " CPUs" +
           (limits.quota ? ", quota " + number(limits.quota->value) : std::string()) + ")");
    }
    plan.nice = seen_.can_nice ? -20 : 0;
    if (!seen_.can_nice) {
      note(
          "CAP_SYS_NICE is missing: beside busy processes of the target the load gets its fair "
          "share only");
    }
    plan_.cpu = plan;
  }

  void pids() {
    if (!seen_.pids || !seen_.counts_pids) return;
    const std::int64_t workers =
        (plan_.memory ? plan_.memory->load.workers : 0) + (plan_.cpu ? plan_.cpu->load.workers : 0);
    const std::int64_t room = seen_.pids->max - seen_.pids->current;
    if (workers <= room) return;
    refuse("workers: " + std::to_string(workers) + " do not fit below the pids limit of " +
           std::to_string(seen_.pids->max) + " of " + seen_.pids->path + " (" +
           std::to_string(seen_.pids->current) + " in use): at most " +
           std::to_string(std::max<std::int64_t>(0, room)));
  }

  const Asked& asked_;
  const Observed& seen_;
  Plan plan_;
};

}  // namespace

std::optional<Bytes> headroom(const std::vector<cgroup::Level>& levels, Bytes reclaimable) {
  std::optional<Bytes> room;
  for (const cgroup::Level& level : levels) {
    if (!level.limit) continue;
    const Bytes here = *level.limit - level.usage + reclaimable;
    room = room ? std::min(*room, here) : here;
  }
  return room;
}

Result<Bytes> resolve_size(const spec::MemoryLoad& load, const Observed& observed) {
  if (const auto* bytes = std::get_if<Bytes>(&load.size)) {
    return load.size_of == spec::SizeOf::kWorker ? *bytes * load.workers : *bytes;
  }
  const Percent percent = std::get<Percent>(load.size);
  const auto limit = cgroup::effective_limit(observed.levels);
  Bytes whole = limit ? limit->limit : observed.node_total;
  switch (load.percent_of.value_or(spec::PercentOf::kLimit)) {
    case spec::PercentOf::kLimit:
      if (!limit && load.percent_of) {
        return fail(
            Code::kRefused,
            "percentOf: limit needs a memory limit, and none is set on the way to the root: use "
            "--percent-of node, or a size");
      }
      break;
    case spec::PercentOf::kRequest:
      if (!load.request) return fail(Code::kRefused, "percentOf: request needs --request SIZE");
      whole = *load.request;
      break;
    case spec::PercentOf::kNode:
      whole = observed.node_total;
      break;
    case spec::PercentOf::kAvailable: {
      const auto room = headroom(observed.levels, observed.memory.inactive_file);
      whole = room ? std::min(*room, observed.node_available) : observed.node_available;
      break;
    }
  }
  const Bytes size = percent_of(percent, whole);
  return load.size_of == spec::SizeOf::kWorker ? size * load.workers : size;
}

Plan make_plan(const Asked& asked, const Observed& observed) {
  return Planner(asked, observed).make();
}

}  // namespace duress::stress
