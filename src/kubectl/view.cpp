#include "kubectl/view.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/text.h"
#include "base/wall_time.h"
#include "render/table.h"

namespace duress::kubectl {

namespace {

using kube::Json;

std::string bytes_text(const std::optional<Bytes>& bytes) {
  return bytes ? format_bytes(*bytes) : "-";
}

std::string cpu_text(const spec::ContainerReport& measured) {
  if (!measured.cpu_asked) return "-";
  const auto millicores = [](Cores cores) { return fmt::format("{:.0f}m", cores.value * 1000); };
  return (measured.cpu_got ? millicores(*measured.cpu_got) : "-") + " of " +
         millicores(*measured.cpu_asked);
}

// "12s", "5m", "3h", "2d": as kubectl prints an age.
std::string age_text(const std::optional<WallTime>& since, WallTime now) {
  using namespace std::chrono;
  if (!since) return "-";
  const auto age = std::max(floor<seconds>(now - *since), seconds(0));
  if (age < minutes(2)) return std::to_string(age.count()) + "s";
  if (age < hours(2)) return std::to_string(floor<minutes>(age).count()) + "m";
  if (age < hours(48)) return std::to_string(floor<hours>(age).count()) + "h";
  return std::to_string(floor<days>(age).count()) + "d";
}

std::string mode_of(const Json& object) {
  const std::string mode = kube::text_at(object, "/spec/mode");
  const std::string value = kube::text_at(object, "/spec/value");
  return value.empty() || mode == "one" || mode == "all" ? mode : mode + " " + value;
}

Record record_of(const Json& record) {
  Record out;
  out.id = kube::text_at(record, "/id");
  out.injected = kube::text_at(record, "/phase") == "Injected";
  // The figures alone have the names of a report: a record's identity is its id.
  const Json* measured = kube::find(record, "/measured");
  const Json report = {{"containers", Json::array({measured != nullptr ? *measured : Json()})}};
  out.measured = spec::read_report(report).containers.front();
  for (const Json& event : kube::list_at(record, "/events")) {
    const std::string message = kube::text_at(event, "/message");
    out.events.push_back(kube::text_at(event, "/operation") + " " + kube::text_at(event, "/type") +
                         (message.empty() ? "" : ": " + message));
  }
  return out;
}

std::string conditions_text(const Experiment& experiment) {
  std::string out;
  for (const Condition& condition : experiment.conditions) {
    out += (out.empty() ? "" : ", ") + condition.type + (condition.holds ? "" : " not");
    if (!condition.reason.empty()) out += " (" + condition.reason + ")";
  }
  return out;
}

// What a person has to be told of a container beside its figures; one line each.
std::vector<std::string> told_of(const Record& record) {
  std::vector<std::string> out;
  const spec::ContainerReport& measured = record.measured;
  if (!measured.verdict.empty()) out.push_back(measured.verdict);
  if (!measured.message.empty()) out.push_back(measured.message);
  if (!measured.event.empty() && measured.event != measured.message)
    out.push_back("last: " + measured.event);
  return out;
}

}  // namespace

const Condition* condition_of(const Experiment& experiment, std::string_view type) {
  const auto found = std::ranges::find(experiment.conditions, type, &Condition::type);
  return found == experiment.conditions.end() ? nullptr : &*found;
}

Experiment experiment_of(const Json& object) {
  Experiment out;
  out.ns = kube::text_at(object, "/metadata/namespace");
  out.name = kube::text_at(object, "/metadata/name");
  out.created = parse_time(kube::text_at(object, "/metadata/creationTimestamp"));
  out.phase = kube::text_at(object, "/status/phase");
  if (out.phase.empty()) out.phase = "Pending";
  out.mode = mode_of(object);
  out.asked = kube::text_at(object, "/status/asked");
  out.got = kube::text_at(object, "/status/got");
  out.injected = kube::number_at(object, "/status/injected").value_or(0);
  out.targets = kube::number_at(object, "/status/targets").value_or(0);
  for (const Json& condition : kube::list_at(object, "/status/conditions")) {
    out.conditions.push_back(
        {kube::text_at(condition, "/type"), kube::text_at(condition, "/status") == "True",
         kube::text_at(condition, "/reason"), kube::text_at(condition, "/message")});
  }
  for (const Json& record : kube::list_at(object, "/status/experiment/containerRecords"))
    out.records.push_back(record_of(record));
  return out;
}

std::string list_text(const std::vector<Experiment>& experiments, WallTime now) {
  std::vector<std::vector<std::string>> rows;
  for (const Experiment& one : experiments) {
    rows.push_back({one.ns, one.name, one.phase, one.mode,
                    fmt::format("{}/{}", one.injected, one.targets), one.asked, one.got,
                    age_text(one.created, now)});
  }
  return render::table({{"namespace"},
                        {"name"},
                        {"phase"},
                        {"mode"},
                        {"injected", true},
                        {"asked"},
                        {"got"},
                        {"age", true}},
                       rows);
}

std::string status_text(const Experiment& experiment, WallTime now) {
  std::string out = fmt::format("{}/{}: {}, {} of {} injected", experiment.ns, experiment.name,
                                experiment.phase, experiment.injected, experiment.targets);
  if (!experiment.asked.empty()) out += ", asked " + experiment.asked;
  if (!experiment.got.empty()) out += ", got " + experiment.got;
  out += "\n";
  if (!experiment.conditions.empty()) out += conditions_text(experiment) + "\n";
  if (experiment.records.empty()) return out;
  std::vector<std::vector<std::string>> rows;
  for (const Record& record : experiment.records) {
    const spec::ContainerReport& measured = record.measured;
    rows.push_back({record.id, record.injected ? "Injected" : "Not Injected",
                    bytes_text(measured.asked), bytes_text(measured.held),
                    bytes_text(measured.usage), bytes_text(measured.working_set),
                    bytes_text(measured.limit), cpu_text(measured), std::to_string(measured.kills),
                    std::to_string(measured.oom_kills), std::to_string(measured.restarts),
                    age_text(measured.since, now)});
  }
  out += "\n" + render::table({{"container"},
                               {"phase"},
                               {"asked", true},
                               {"held", true},
                               {"usage", true},
                               {"working set", true},
                               {"limit", true},
                               {"CPU", true},
                               {"kills", true},
                               {"OOM kills", true},
                               {"restarts", true},
                               {"since", true}},
                              rows);
  for (const Record& record : experiment.records) {
    for (const std::string& line : told_of(record)) out += record.id + ": " + line + "\n";
  }
  return out;
}

std::string explain_text(const Experiment& experiment) {
  std::string out = experiment.ns + "/" + experiment.name + ": " + experiment.phase + "\n";
  for (const Condition& condition : experiment.conditions) {
    const bool expected =
        condition.type == "Selected" || (condition.type == "AllInjected" && !experiment.is_over());
    if (!condition.holds && expected && !condition.reason.empty())
      out += "  not " + condition.type + ": " + condition.reason + "\n";
    if (condition.holds && (condition.type == "Conflict" || condition.type == "Paused"))
      out +=
          "  " + condition.type + (condition.reason.empty() ? "" : ": " + condition.reason) + "\n";
  }
  for (const Record& record : experiment.records) {
    out += "\n" + record.id + "\n";
    const auto told = told_of(record);
    for (const std::string& line : told) out += "  " + line + "\n";
    if (!record.measured.forecast.empty()) out += "  Foretold: " + record.measured.forecast + "\n";
    for (const std::string& event : record.events) out += "    - " + event + "\n";
    if (told.empty() && record.events.empty()) out += "  Nothing has been told of it yet.\n";
  }
  return out;
}

}  // namespace duress::kubectl
