#include "cli/forecast_json.h"

namespace duress::cli {

namespace {

using nlohmann::ordered_json;

template <class Value>
ordered_json bytes_or_null(const std::optional<Value>& value) {
  return value ? ordered_json(value->value) : ordered_json(nullptr);
}

ordered_json contender_json(const explain::Contender& contender) {
  return {{"worker", contender.worker > 0 ? ordered_json(contender.worker) : ordered_json(nullptr)},
          {"pid", contender.pid > 0 ? ordered_json(contender.pid) : ordered_json(nullptr)},
          {"name", contender.name},
          {"cgroup", contender.cgroup},
          {"memoryBytes", contender.memory.value},
          {"oomScoreAdj", contender.oom_score_adj},
          {"badnessPages",
           contender.badness ? ordered_json(*contender.badness) : ordered_json(nullptr)}};
}

ordered_json kill_json(const explain::Kill& kill) {
  ordered_json out = {{"victim", contender_json(kill.victim)},
                      {"group", kill.group ? ordered_json(*kill.group) : ordered_json(nullptr)},
                      {"killed", ordered_json::array()}};
  for (const explain::Contender& dead : kill.killed) out["killed"].push_back(contender_json(dead));
  return out;
}

ordered_json way_json(const explain::Forecast& forecast) {
  ordered_json out = ordered_json::array();
  for (const explain::Room& room : forecast.way) {
    out.push_back({{"cgroup", room.cgroup},
                   {"usageBytes", room.usage.value},
                   {"limitBytes", bytes_or_null(room.limit)},
                   {"highBytes", bytes_or_null(room.high)},
                   {"reclaimableBytes", room.reclaimable.value},
                   {"headroomBytes", bytes_or_null(room.room)}});
  }
  return out;
}

}  // namespace

ordered_json foretold_json(const explain::Forecast& forecast) {
  const bool killed = !forecast.kills.empty();
  return {
      {"answer", explain::name_of(forecast.answer)},
      {"sentence", forecast.sentence},
      {"victim", killed ? contender_json(forecast.kills.front().victim) : ordered_json(nullptr)},
      {"group", killed && forecast.kills.front().group ? ordered_json(*forecast.kills.front().group)
                                                       : ordered_json(nullptr)}};
}

ordered_json forecast_json(const explain::Forecast& forecast) {
  ordered_json out = {
      {"answer", explain::name_of(forecast.answer)},
      {"sentence", forecast.sentence},
      {"usageBeforeBytes", forecast.usage_before.value},
      {"usageAfterBytes", forecast.usage_after.value},
      {"askedBytes", forecast.asked.value},
      {"attainedBytes", forecast.attained.value},
      {"oomAtBytes", bytes_or_null(forecast.oom_at)},
      {"levels", way_json(forecast)},
      {"oom", forecast.oom},
      {"byGrowth", forecast.by_growth},
      {"byDuress", forecast.by_duress},
      {"domain", forecast.domain.empty() ? ordered_json(nullptr) : ordered_json(forecast.domain)},
      {"totalPages", forecast.total_pages},
      {"marginPages", forecast.margin ? ordered_json(*forecast.margin) : ordered_json(nullptr)},
      {"targetEnds", forecast.target_ends}};
  out["close"] = forecast.close;
  out["contenders"] = ordered_json::array();
  for (const explain::Contender& contender : forecast.contenders) {
    out["contenders"].push_back(contender_json(contender));
  }
  out["kills"] = ordered_json::array();
  for (const explain::Kill& kill : forecast.kills) out["kills"].push_back(kill_json(kill));
  out["next"] = forecast.next ? contender_json(*forecast.next) : ordered_json(nullptr);
  return out;
}

}  // namespace duress::cli
