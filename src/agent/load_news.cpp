#include "agent/load_news.h"

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
          .kills = number_at(line, {"kills"})};
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
  if (type == "reached") return LoadReached{};
  if (type == "event") return LoadTold{text_at(value, {"what"})};
  if (type == "started") return LoadStarted{};
  if (type != "sample") return std::nullopt;
  return sampled(value);
}

}  // namespace duress::agent
