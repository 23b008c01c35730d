#include "spec/preflight_report.h"

#include <nlohmann/json.hpp>

namespace duress::spec {

namespace {

using nlohmann::json;

constexpr int kRefused = 3;
constexpr int kOom = 10;
constexpr int kApplication = 11;

const json* member(const json& object, const char* name) {
  const auto found = object.find(name);
  return found == object.end() ? nullptr : &*found;
}

std::string text_at(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && found->is_string() ? found->get<std::string>() : std::string();
}

std::optional<Bytes> bytes_at(const json& object, const char* name) {
  const json* found = member(object, name);
  if (found == nullptr || !found->is_number_integer()) return std::nullopt;
  return Bytes{found->get<std::int64_t>()};
}

bool is_true_at(const json& object, const char* name) {
  const json* found = member(object, name);
  return found != nullptr && *found == true;
}

std::vector<std::string> texts_at(const json& object, const char* name) {
  std::vector<std::string> out;
  const json* found = member(object, name);
  if (found == nullptr || !found->is_array()) return out;
  for (const json& one : *found) {
    if (one.is_string()) out.push_back(one.get<std::string>());
  }
  return out;
}

}  // namespace

json preflight_json(const PreflightReport& report) {
  json out = {{"answer", report.answer}, {"oomGroup", report.group}, {"evicts", report.evicts}};
  const auto text = [&](const char* name, const std::string& value) {
    if (!value.empty()) out[name] = value;
  };
  const auto bytes = [&](const char* name, const std::optional<Bytes>& value) {
    if (value) out[name] = value->value;
  };
  const auto texts = [&](const char* name, const std::vector<std::string>& values) {
    if (!values.empty()) out[name] = values;
  };
  text("node", report.node);
  text("victim", report.victim);
  text("level", report.level);
  bytes("reachesBytes", report.reaches);
  bytes("oomAtBytes", report.oom_at);
  bytes("evictionInBytes", report.eviction_in);
  texts("follows", report.follows);
  texts("advice", report.advice);
  return out;
}

std::optional<PreflightReport> read_preflight(const json& json) {
  if (!json.is_object()) return std::nullopt;
  PreflightReport out;
  out.answer = text_at(json, "answer");
  if (out.answer.empty()) return std::nullopt;
  out.node = text_at(json, "node");
  out.victim = text_at(json, "victim");
  out.level = text_at(json, "level");
  out.group = is_true_at(json, "oomGroup");
  out.reaches = bytes_at(json, "reachesBytes");
  out.oom_at = bytes_at(json, "oomAtBytes");
  out.eviction_in = bytes_at(json, "evictionInBytes");
  out.evicts = is_true_at(json, "evicts");
  out.follows = texts_at(json, "follows");
  out.advice = texts_at(json, "advice");
  return out;
}

int exit_code_of(std::string_view answer) {
  if (answer == "oomApplication") return kApplication;
  if (answer == "oom") return kOom;
  return answer == "safe" ? 0 : kRefused;
}

}  // namespace duress::spec
