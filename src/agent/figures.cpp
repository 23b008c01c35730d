#include "agent/figures.h"

#include <optional>

namespace duress::agent {

namespace {

using metrics::Family;
using metrics::Type;
using Report = spec::ContainerReport;
using Container = ReportedContainer;

struct Figure {
  const char* name;
  const char* help;
  Type type;
  std::optional<double> (*value)(const Container& container);
};

template <std::optional<Bytes> Report::* Member>
std::optional<double> bytes(const Container& container) {
  const auto& bytes = container.report.*Member;
  return bytes ? std::optional(static_cast<double>(bytes->value)) : std::nullopt;
}

template <std::optional<Cores> Report::* Member>
std::optional<double> cores(const Container& container) {
  const auto& cores = container.report.*Member;
  return cores ? std::optional(cores->value) : std::nullopt;
}

template <auto Member>
std::optional<double> count(const Container& container) {
  return static_cast<double>(container.report.*Member);
}

// How far what is there lies from what was asked for; of memory, what was put on.
template <auto Got, auto Asked>
std::optional<double> deviation(const Container& container) {
  const auto& got = container.report.*Got;
  const auto& asked = container.report.*Asked;
  if (!got || !asked) return std::nullopt;
  return static_cast<double>(got->value) - static_cast<double>(asked->value);
}

constexpr Figure kFigures[] = {
    {"duress_injected", "1 while the load is on", Type::kGauge,
     [](const Container& container) -> std::optional<double> {
       return container.report.injection == spec::Injection::kInjected ? 1 : 0;
     }},
    {"duress_asked_bytes", "memory that was asked for", Type::kGauge, bytes<&Report::asked>},
    {"duress_held_bytes", "memory charged to the container for the load", Type::kGauge,
     bytes<&Report::held>},
    {"duress_usage_bytes", "memory usage of the container, as its cgroup counts it", Type::kGauge,
     bytes<&Report::usage>},
    {"duress_working_set_bytes", "usage without inactive file cache: what a kubelet evicts by",
     Type::kGauge, bytes<&Report::working_set>},
    {"duress_limit_bytes", "the effective memory limit of the container", Type::kGauge,
     bytes<&Report::limit>},
    {"duress_cpu_asked_cores", "CPU that was asked for", Type::kGauge, cores<&Report::cpu_asked>},
    {"duress_cpu_got_cores", "CPU that the load got", Type::kGauge, cores<&Report::cpu_got>},
    {"duress_memory_deviation_bytes", "memory held, less what was asked for", Type::kGauge,
     deviation<&Report::held, &Report::asked>},
    {"duress_cpu_deviation_cores", "CPU that the load got, less what was asked for", Type::kGauge,
     deviation<&Report::cpu_got, &Report::cpu_asked>},
    {"duress_throttled_periods_total",
     "periods in which the container's quota was spent while it was stressed", Type::kCounter,
     [](const Container& container) -> std::optional<double> {
       return static_cast<double>(container.metered.throttled);
     }},
    {"duress_injection_seconds", "from the start of the last load to its workers'", Type::kGauge,
     [](const Container& container) -> std::optional<double> {
       const auto& after = container.metered.placed_after;
       return after ? std::optional(std::chrono::duration<double>(*after).count()) : std::nullopt;
     }},
    {"duress_injections_total", "loads started on the container", Type::kCounter,
     count<&Report::times>},
    {"duress_worker_kills_total", "workers killed before their time", Type::kCounter,
     count<&Report::kills>},
    {"duress_oom_kills_total", "OOM kills in the container while it was stressed", Type::kCounter,
     count<&Report::oom_kills>},
    {"duress_container_restarts_total", "restarts of the container while it was stressed",
     Type::kCounter, count<&Report::restarts>},
};

Family family_of(const Figure& figure, const std::vector<Reported>& reported) {
  Family out{figure.name, figure.help, figure.type, {}};
  for (const Reported& one : reported) {
    for (const Container& container : one.containers) {
      const auto value = figure.value(container);
      if (!value) continue;
      out.samples.push_back({{{"experiment", one.experiment_ns + "/" + one.experiment},
                              {"namespace", container.report.ns},
                              {"pod", container.report.pod},
                              {"container", container.report.container}},
                             *value});
    }
  }
  return out;
}

}  // namespace

std::vector<Family> figures_of(const AgentState& state) {
  const metrics::Labels node = {{"node", state.node}};
  std::vector<Family> out = {
      {"duress_agent_contact",
       "1 while the API server was heard within the time after which everything is released",
       Type::kGauge,
       {{node, state.has_contact ? 1.0 : 0.0}}},
      {"duress_agent_loads",
       "loads that run on this node",
       Type::kGauge,
       {{node, static_cast<double>(state.loads)}}},
      {"duress_agent_memory_claimed_bytes",
       "memory that the loads of this node may come to hold",
       Type::kGauge,
       {{node, static_cast<double>(state.taken.memory.value)}}},
      {"duress_agent_fills",
       "loads of this node that do not hold yet what they are to hold",
       Type::kGauge,
       {{node, static_cast<double>(state.taken.fills)}}}};
  if (state.bounds.memory) {
    out.push_back({"duress_agent_memory_bound_bytes",
                   "memory that all loads of this node may hold, as the administrator has it",
                   Type::kGauge,
                   {{node, static_cast<double>(state.bounds.memory->value)}}});
  }
  if (state.bounds.fills > 0) {
    out.push_back({"duress_agent_fills_bound",
                   "loads of this node that may fill at a time, as the administrator has it",
                   Type::kGauge,
                   {{node, static_cast<double>(state.bounds.fills)}}});
  }
  for (const Figure& figure : kFigures) out.push_back(family_of(figure, state.reported));
  return out;
}

}  // namespace duress::agent
