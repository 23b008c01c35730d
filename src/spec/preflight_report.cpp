#include "spec/preflight_report.h"

#include <nlohmann/json.hpp>

#include "spec/json_members.h"

namespace duress::spec {

nlohmann::json preflight_json(const PreflightReport& report) {
  nlohmann::json out = {
      {"answer", report.answer}, {"oomGroup", report.group}, {"evicts", report.evicts}};
  put(out, "node", report.node);
  put(out, "victim", report.victim);
  put(out, "level", report.level);
  put(out, "reachesBytes", report.reaches);
  put(out, "oomAtBytes", report.oom_at);
  put(out, "evictionInBytes", report.eviction_in);
  put(out, "follows", report.follows);
  put(out, "advice", report.advice);
  return out;
}

std::optional<PreflightReport> read_preflight(const nlohmann::json& json) {
  if (!json.is_object()) return std::nullopt;
  PreflightReport out;
  out.answer = text_at(json, "answer");
  if (out.answer.empty()) return std::nullopt;
  out.node = text_at(json, "node");
  out.victim = text_at(json, "victim");
  out.level = text_at(json, "level");
  out.group = object_at(json, "oomGroup") == true;
  out.reaches = bytes_at(json, "reachesBytes");
  out.oom_at = bytes_at(json, "oomAtBytes");
  out.eviction_in = bytes_at(json, "evictionInBytes");
  out.evicts = object_at(json, "evicts") == true;
  out.follows = texts_at(json, "follows");
  out.advice = texts_at(json, "advice");
  return out;
}

PreflightExit exit_of(std::string_view answer) {
  if (answer == "oomApplication") return PreflightExit::kApplication;
  if (answer == "oom") return PreflightExit::kOom;
  return answer == "safe" ? PreflightExit::kSafe : PreflightExit::kRefused;
}

}  // namespace duress::spec
