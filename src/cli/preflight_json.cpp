#include <nlohmann/json.hpp>

#include "cli/forecast_json.h"
#include "cli/preflight_output.h"

namespace duress::cli {

namespace {

using nlohmann::ordered_json;

ordered_json text_or_null(const std::string& text) {
  return text.empty() ? ordered_json(nullptr) : ordered_json(text);
}

ordered_json class_json(const explain::ClassRow& row) {
  return {{"qosClass", name_of(row.qos)},
          {"now", row.now},
          {"oomScoreAdj", row.oom_score_adj},
          {"foretold", foretold_json(row.forecast)}};
}

ordered_json consequences_json(const explain::Consequences& consequences) {
  ordered_json out = {{"follows", consequences.follows}};
  out["eviction"] = {{"availableBytes", consequences.eviction.available.value},
                     {"afterBytes", consequences.eviction.after.value},
                     {"thresholdBytes", explain::kEvictionMark.value},
                     {"comes", consequences.eviction.comes}};
  out["requestBytes"] =
      consequences.request ? ordered_json(consequences.request->value) : ordered_json(nullptr);
  out["requestReckoned"] = consequences.request_reckoned;
  out["classes"] = ordered_json::array();
  for (const explain::ClassRow& row : consequences.classes)
    out["classes"].push_back(class_json(row));
  out["advice"] = consequences.advice;
  return out;
}

ordered_json use_json(const stress::Observed& observed) {
  if (observed.levels.empty()) return ordered_json::object();
  const auto limit = cgroup::effective_limit(observed.levels);
  return {{"usageBytes", observed.memory.usage.value},
          {"workingSetBytes", observed.memory.working_set().value},
          {"limitBytes", limit ? ordered_json(limit->limit.value) : ordered_json(nullptr)},
          {"oomGroup", observed.levels.front().oom_group}};
}

}  // namespace

std::string preflight_json(const PreflightTold& told) {
  ordered_json out = {{"type", "preflight"}, {"exitCode", told.exit_code}};
  out["target"] = {{"name", told.target.name},
                   {"containerID", told.target.container_id},
                   {"cgroup", told.target.path},
                   {"cgroupVersion", told.target.version == cgroup::Version::kV1 ? 1 : 2},
                   {"init", told.target.init},
                   {"podUID", text_or_null(told.pod_uid)},
                   {"qosClass", told.around.qos ? ordered_json(name_of(*told.around.qos))
                                                : ordered_json(nullptr)},
                   {"oomScoreAdj", told.around.init_adj ? ordered_json(*told.around.init_adj)
                                                        : ordered_json(nullptr)}};
  out["target"].update(use_json(told.observed));
  out["forecast"] = told.foretelling != nullptr ? forecast_json(told.foretelling->forecast)
                                                : ordered_json(nullptr);
  if (told.consequences != nullptr) out.update(consequences_json(*told.consequences));
  out["notes"] = told.plan.notes;
  out["refusals"] = told.plan.refusals;
  return out.dump(-1, ' ', false, ordered_json::error_handler_t::replace) + "\n";
}

}  // namespace duress::cli
