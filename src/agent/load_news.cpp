#include "agent/load_news.h"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace duress::agent {

namespace {

using nlohmann::json;

// Null where the way does not lead there; no exception, whatever the line holds.
const json& at(const json& from, std::initializer_list<const char*> way) {
  static const json kNothing;
  const json* node = &from;
  for (const char* name : way) {
    if (!node->is_object() || !node->contains(name)) return kNothing;
    node = &(*node)[name];
  }
  return *node;
}

std::string text_at(const json& from, std::initializer_list<const char*> way) {
  const json& node = at(from, way);
  return node.is_string() ? node.get<std::string>() : std::string();
}

std::int64_t number_at(const json& from, std::initializer_list<const char*> way) {
  const json& node = at(from, way);
  return node.is_number() ? node.get<std::int64_t>() : 0;
}

std::optional<Bytes> bytes_at(const json& from, std::initializer_list<const char*> way) {
  const json& node = at(from, way);
  return node.is_number() ? std::optional(Bytes{node.get<std::int64_t>()}) : std::nullopt;
}

std::optional<Cores> cores_at(const json& from, std::initializer_list<const char*> way) {
  const json& node = at(from, way);
  return node.is_number() ? std::optional(Cores{node.get<double>()}) : std::nullopt;
}

std::vector<std::string> texts_at(const json& from, std::initializer_list<const char*> way) {
  std::vector<std::string> out;
  const json& list = at(from, way);
  if (!list.is_array()) return out;
  for (const json& item : list) {
    if (item.is_string()) out.push_back(item.get<std::string>());
  }
  return out;
}

LoadPlanned planned(const json& line) {
  LoadPlanned out;
  out.plan.memory = bytes_at(line, {"memory", "sizeBytes"});
  out.plan.reach = text_at(line, {"memory", "mode"}) == "reach";
  out.plan.when_oom = text_at(line, {"memory", "whenOOM"});
  out.plan.workers = static_cast<int>(number_at(line, {"memory", "workers"}) +
                                      number_at(line, {"cpu", "workers"}));
  out.plan.cpu = cores_at(line, {"cpu", "cores"});
  out.plan.notes = texts_at(line, {"notes"});
  if (at(line, {"foretold"}).is_object()) {
    out.foretold = observe::Foretold{.answer = text_at(line, {"foretold", "answer"}),
                                     .victim = text_at(line, {"foretold", "victim", "name"}),
                                     .group = !at(line, {"foretold", "group"}).is_null(),
                                     .sentence = text_at(line, {"foretold", "sentence"})};
  }
  return out;
}

LoadSampled sampled(const json& line) {
  return {.asked = bytes_at(line, {"memory", "askedBytes"}),
          .held = bytes_at(line, {"memory", "heldBytes"}),
          .cpu_asked = cores_at(line, {"cpu", "askedCores"}),
          .cpu_got = cores_at(line, {"cpu", "gotCores"}),
          .usage = bytes_at(line, {"target", "usageBytes"}),
          .working_set = bytes_at(line, {"target", "workingSetBytes"}),
          .limit = bytes_at(line, {"target", "limitBytes"}),
          .oom_kills = number_at(line, {"target", "oomKills"}),
          .throttled = number_at(line, {"target", "throttledPeriods"}),
          .kills = number_at(line, {"kills"})};
}

std::string victim_text(const json& victim) {
  const std::int64_t worker = number_at(victim, {"worker"});
  if (worker > 0) return "worker " + std::to_string(worker);
  return text_at(victim, {"name"}) + " (" + std::to_string(number_at(victim, {"pid"})) + ")";
}

void read_forecast(const json& forecast, LoadForetold& out) {
  out.asked = bytes_at(forecast, {"askedBytes"});
  out.sentence = text_at(forecast, {"sentence"});
  out.told.answer = text_at(forecast, {"answer"});
  out.told.reaches = bytes_at(forecast, {"usageAfterBytes"});
  out.told.oom_at = bytes_at(forecast, {"oomAtBytes"});
  out.told.level = text_at(forecast, {"domain"});
  const json& kills = at(forecast, {"kills"});
  if (!kills.is_array() || kills.empty()) return;
  out.told.victim = victim_text(at(kills.front(), {"victim"}));
  out.told.group = at(kills.front(), {"group"}).is_string();
}

LoadForetold foretold(const json& line) {
  LoadForetold out;
  out.usage = bytes_at(line, {"target", "usageBytes"});
  out.working_set = bytes_at(line, {"target", "workingSetBytes"});
  out.limit = bytes_at(line, {"target", "limitBytes"});
  out.told.group = at(line, {"target", "oomGroup"}) == true;
  out.told.answer = "safe";
  out.sentence = "safe: no memory is asked for, and nobody is killed for CPU time";
  if (at(line, {"forecast"}).is_object()) read_forecast(at(line, {"forecast"}), out);
  if (at(line, {"eviction"}).is_object()) {
    const std::int64_t left = number_at(line, {"eviction", "afterBytes"}) -
                              number_at(line, {"eviction", "thresholdBytes"});
    out.told.eviction_in = Bytes{std::max<std::int64_t>(0, left)};
    out.told.evicts = at(line, {"eviction", "comes"}) == true;
  }
  out.told.follows = texts_at(line, {"follows"});
  out.told.advice = texts_at(line, {"advice"});
  const std::vector<std::string> refusals = texts_at(line, {"refusals"});
  if (refusals.empty()) return out;
  out.told.answer = "refused";
  out.sentence.clear();
  for (const std::string& refusal : refusals)
    out.sentence += (out.sentence.empty() ? "refused: " : "; ") + refusal;
  return out;
}

LoadOver over(const json& line) {
  LoadOver out;
  out.end.reason = text_at(line, {"reason"});
  out.end.message = text_at(line, {"message"});
  out.end.usage_before = bytes_at(line, {"target", "usageBeforeBytes"}).value_or(Bytes{});
  out.end.usage_after = bytes_at(line, {"target", "usageAfterBytes"}).value_or(Bytes{});
  out.end.kills = number_at(line, {"kills"});
  out.end.left_behind = texts_at(line, {"leftBehind"});
  out.exit_code = static_cast<int>(number_at(line, {"exitCode"}));
  out.oom_kills = number_at(line, {"target", "oomKills"});
  return out;
}

}  // namespace

std::optional<LoadNews> parse_load_line(std::string_view line) {
  const json value = json::parse(line, nullptr, false);
  if (!value.is_object()) return std::nullopt;
  const std::string type = text_at(value, {"type"});
  if (type == "plan") return planned(value);
  if (type == "end") return over(value);
  if (type == "preflight") return foretold(value);
  if (type == "reached") return LoadReached{};
  if (type == "event") return LoadTold{text_at(value, {"what"})};
  if (type == "started") return LoadStarted{};
  if (type != "sample") return std::nullopt;
  return sampled(value);
}

}  // namespace duress::agent
