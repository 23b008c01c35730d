#include "kubectl/preflight_view.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "render/table.h"

namespace duress::kubectl {

namespace {

using kube::Json;

constexpr std::size_t kMostTold = 50;  // containers in sentences; all are in the table

std::string bytes_text(const std::optional<Bytes>& bytes, const char* none = "-") {
  return bytes ? format_bytes(*bytes) : none;
}

std::string eviction_text(const spec::PreflightReport& told) {
  if (told.evicts) return "evicts";
  return bytes_text(told.eviction_in);
}

std::vector<std::string> row_of(const Record& record) {
  const spec::ContainerReport& measured = record.measured;
  if (!measured.preflight) return {record.id, "-", "-", "-", "-", "-", "no answer", "-", "-", "-"};
  const spec::PreflightReport& told = *measured.preflight;
  return {record.id,
          told.node,
          bytes_text(measured.limit, "none"),
          bytes_text(measured.usage),
          bytes_text(measured.asked),
          bytes_text(told.reaches),
          told.answer,
          told.victim.empty() ? "nobody" : told.victim,
          told.group ? "yes" : "no",
          eviction_text(told)};
}

void add_once(std::vector<std::string>& to, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) {
    if (std::ranges::find(to, line) == to.end()) to.push_back(line);
  }
}

std::string list(const std::string& head, const std::vector<std::string>& lines) {
  std::string out;
  for (const std::string& line : lines)
    out += (out.empty() ? head : std::string(head.size(), ' ')) + line + "\n";
  return out;
}

std::string sentence_of(const Record& record) {
  const spec::ContainerReport& measured = record.measured;
  return measured.forecast.empty() ? measured.message : measured.forecast;
}

}  // namespace

std::string preflight_problem(const Experiment& preflight) {
  if (preflight.phase == "Pending") {
    return "no controller has looked at it: kubectl duress doctor says what is in the way";
  }
  const Condition* selected = condition_of(preflight, "Selected");
  if (selected != nullptr && !selected->holds)
    return selected->message.empty() ? selected->reason : selected->message;
  const Condition* done = condition_of(preflight, "PreflightDone");
  if (done == nullptr) {
    return "the controller knows no preflights: it is of an earlier version";
  }
  return done->holds ? "" : "not all have answered: " + done->message;
}

bool is_foretold(const Experiment& preflight) {
  if (preflight.phase == "Pending") return false;
  const Condition* selected = condition_of(preflight, "Selected");
  if (selected != nullptr && !selected->holds) return true;
  const Condition* done = condition_of(preflight, "PreflightDone");
  return done != nullptr && done->holds;
}

std::string preflight_text(const Experiment& preflight) {
  if (preflight.records.empty()) return "";
  std::vector<std::vector<std::string>> rows;
  std::vector<std::string> follows;
  std::vector<std::string> advice;
  for (const Record& record : preflight.records) {
    rows.push_back(row_of(record));
    if (!record.measured.preflight) continue;
    add_once(follows, record.measured.preflight->follows);
    add_once(advice, record.measured.preflight->advice);
  }
  std::string out = render::table({{"container"},
                                   {"node"},
                                   {"limit", true},
                                   {"usage", true},
                                   {"asked", true},
                                   {"would reach", true},
                                   {"answer"},
                                   {"victim"},
                                   {"oom.group"},
                                   {"to eviction", true}},
                                  rows) +
                    "\n";
  for (std::size_t i = 0; i < std::min(kMostTold, preflight.records.size()); ++i) {
    const Record& record = preflight.records[i];
    if (const std::string told = sentence_of(record); !told.empty())
      out += record.id + ": " + told + "\n";
  }
  return out + list("follows  ", follows) + list("change   ", advice);
}

Json preflight_json(const Experiment& preflight) {
  Json containers = Json::array();
  for (const Record& record : preflight.records) {
    Json one = spec::measured_json(record.measured);
    one.erase("preflight");
    one.erase("forecast");
    if (record.measured.preflight) one.update(spec::preflight_json(*record.measured.preflight));
    one["id"] = record.id;
    one["answer"] = record.measured.preflight ? Json(record.measured.preflight->answer) : Json();
    one["sentence"] = sentence_of(record);
    containers.push_back(std::move(one));
  }
  const std::string problem = preflight_problem(preflight);
  return {{"type", "preflight"},
          {"experiment", {{"namespace", preflight.ns}, {"name", preflight.name}}},
          {"asked", preflight.asked},
          {"exitCode", preflight_exit_code(preflight)},
          {"problem", problem.empty() ? Json() : Json(problem)},
          {"containers", std::move(containers)}};
}

int preflight_exit_code(const Experiment& preflight) {
  using Exit = spec::PreflightExit;
  constexpr std::array kFromTheWorst = {Exit::kApplication, Exit::kOom, Exit::kRefused,
                                        Exit::kFailed};
  const auto exit_of = [](const Record& record) {
    const auto& told = record.measured.preflight;
    return told ? spec::exit_of(told->answer) : Exit::kFailed;
  };
  for (const Exit exit : kFromTheWorst) {
    if (std::ranges::find(preflight.records, exit, exit_of) != preflight.records.end())
      return static_cast<int>(exit);
  }
  return static_cast<int>(preflight_problem(preflight).empty() ? Exit::kSafe : Exit::kFailed);
}

}  // namespace duress::kubectl
