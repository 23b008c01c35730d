// The JSON of `duress top`: names and units as docs/json.md has them.
#include <nlohmann/json.hpp>

#include "cli/top_output.h"

namespace duress::cli {

namespace {

using Json = nlohmann::ordered_json;
using observe::Row;

Json bytes(const std::optional<Bytes>& value) { return value ? Json(value->value) : Json(); }
Json cores(const std::optional<Cores>& value) { return value ? Json(value->value) : Json(); }
Json percent(const std::optional<Percent>& value) { return value ? Json(value->value) : Json(); }
Json text(const std::string& value) { return value.empty() ? Json() : Json(value); }

Json memory_of(const Row& row) {
  const cgroup::MemoryUse& use = row.memory;
  return {{"usageBytes", use.usage.value},
          {"workingSetBytes", use.working_set().value},
          {"anonBytes", use.anon.value},
          {"activeFileBytes", use.active_file.value},
          {"inactiveFileBytes", use.inactive_file.value},
          {"shmemBytes", use.shmem.value},
          {"kernelBytes", bytes(use.kernel)},
          {"applicationBytes", row.application().value},
          {"duressBytes", row.workers.resident.value},
          {"cacheBytes", row.cache().value}};
}

Json limit_of(const Row& row) {
  const bool is_nodes = row.limit_at == observe::LimitAt::kNode;
  return {{"bytes", row.limit.value},
          {"at", name_of(row.limit_at)},
          {"cgroup", is_nodes ? Json() : Json(row.limit_path)},
          {"usedPercent", row.percent().value}};
}

Json cpu_of(const Row& row) {
  return {{"usedCores", cores(row.rates.cpu)},
          {"duressCores", cores(row.rates.workers_cpu)},
          {"quotaCores", cores(row.quota)},
          {"quotaPercent", percent(row.percent_of_quota())},
          {"throttledPercent", percent(row.rates.throttled)}};
}

Json container_of(const Row& row) {
  return {{"title", row.title()},
          {"containerID", text(row.id)},
          {"container", text(row.name.container)},
          {"pod", text(row.name.pod)},
          {"namespace", text(row.name.name_space)},
          {"podUID", row.pod ? Json(row.pod->uid) : Json()},
          {"qosClass", row.pod ? Json(name_of(row.pod->qos)) : Json()},
          {"runtime", text(row.name.runtime)},
          {"cgroup", row.path},
          {"memory", memory_of(row)},
          {"limit", limit_of(row)},
          {"cpu", cpu_of(row)},
          {"pressure",
           {{"memoryPercent", percent(row.rates.memory_pressure)},
            {"cpuPercent", percent(row.rates.cpu_pressure)}}},
          {"oomKills", row.oom_kills},
          {"processes", row.processes},
          {"workers", {{"memory", row.workers.memory}, {"cpu", row.workers.cpu}}}};
}

}  // namespace

std::string top_json(const observe::Overview& overview, const cgroup::Hierarchy& hierarchy,
                     double seconds, bool one_line) {
  Json containers = Json::array();
  for (const Row& row : overview.rows) containers.push_back(container_of(row));
  const Json out = {{"type", "overview"},
                    {"seconds", seconds},
                    {"cgroupVersion", hierarchy.version == cgroup::Version::kV2 ? 2 : 1},
                    {"hybrid", hierarchy.hybrid},
                    {"node",
                     {{"totalBytes", overview.node_total.value},
                      {"availableBytes", overview.node_available.value},
                      {"usedBytes", overview.node_used().value}}},
                    {"containers", containers},
                    {"notes", overview.notes}};
  return out.dump(one_line ? -1 : 2, ' ', false, Json::error_handler_t::replace);
}

}  // namespace duress::cli
