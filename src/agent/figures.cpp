#include "agent/figures.h"

#include <optional>

namespace duress::agent {

namespace {

using metrics::Family;
using metrics::Type;
using Report = spec::ContainerReport;

struct Figure {
  const char* name;
  const char* help;
  Type type;
  std::optional<double> (*value)(const Report& report);
};

template <std::optional<Bytes> Report::* Member>
std::optional<double> bytes(const Report& report) {
  const auto& bytes = report.*Member;
  return bytes ? std::optional(static_cast<double>(bytes->value)) : std::nullopt;
}

template <std::optional<Cores> Report::* Member>
std::optional<double> cores(const Report& report) {
  const auto& cores = report.*Member;
  return cores ? std::optional(cores->value) : std::nullopt;
}

template <auto Member>
std::optional<double> count(const Report& report) {
  return static_cast<double>(report.*Member);
}

constexpr Figure kFigures[] = {
    {"duress_injected", "1 while the load is on", Type::kGauge,
     [](const Report& report) -> std::optional<double> {
       return report.injection == spec::Injection::kInjected ? 1 : 0;
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
    for (const Report& container : one.report.containers) {
      const auto value = figure.value(container);
      if (!value) continue;
      out.samples.push_back({{{"experiment", one.experiment_ns + "/" + one.experiment},
                              {"namespace", container.ns},
                              {"pod", container.pod},
                              {"container", container.container}},
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
       {{node, static_cast<double>(state.loads)}}}};
  for (const Figure& figure : kFigures) out.push_back(family_of(figure, state.reported));
  return out;
}

}  // namespace duress::agent
