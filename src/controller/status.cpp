#include "controller/status.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "base/wall_time.h"

namespace duress::controller {

namespace {

using kube::list_at;
using kube::number_at;
using kube::text_at;
using spec::ContainerReport;

constexpr std::size_t kMostMessage = 1024;

std::int64_t millicores(Cores cores) { return std::llround(cores.value * 1000); }

void put(Json& to, const char* name, const std::string& text) {
  if (!text.empty()) to[name] = text;
}

Json reported_json(const ContainerReport& report) {
  Json out = spec::measured_json(report);
  // Of one that nobody has reported on there is nothing to count.
  if (!report.id.empty() || report.times > 0 || report.since || report.kills > 0 ||
      report.oom_kills > 0 || report.restarts > 0) {
    out["kills"] = report.kills;
    out["oomKills"] = report.oom_kills;
    out["restarts"] = report.restarts;
  }
  return out;
}

ContainerReport read_reported(const Json& json) {
  ContainerReport out;
  spec::read_measured(json, out);
  out.kills = number_at(json, "/kills").value_or(0);
  out.oom_kills = number_at(json, "/oomKills").value_or(0);
  out.restarts = number_at(json, "/restarts").value_or(0);
  return out;
}

Json event_json(const RecordEvent& event) {
  Json out{
      {"type", event.type}, {"operation", event.operation}, {"timestamp", format_time(event.at)}};
  put(out, "message", event.message);
  return out;
}

Json record_json(const Record& record, bool whole) {
  Json out{{"id", record.id},
           {"selectorKey", "."},
           {"phase", record.injected ? "Injected" : "Not Injected"},
           {"injectedCount", record.injected_count},
           {"recoveredCount", record.recovered_count}};
  if (!whole) return out;
  for (const RecordEvent& event : record.events) out["events"].push_back(event_json(event));
  if (Json measured = reported_json(record.measured); !measured.empty())
    out["measured"] = std::move(measured);
  return out;
}

Record read_record(const Json& json) {
  Record out;
  out.id = text_at(json, "/id");
  out.injected = text_at(json, "/phase") == "Injected";
  out.injected_count = number_at(json, "/injectedCount").value_or(0);
  out.recovered_count = number_at(json, "/recoveredCount").value_or(0);
  for (const Json& event : list_at(json, "/events")) {
    out.events.push_back({text_at(event, "/type"), text_at(event, "/operation"),
                          text_at(event, "/message"),
                          parse_time(text_at(event, "/timestamp")).value_or(WallTime{})});
  }
  if (const Json* measured = kube::find(json, "/measured")) out.measured = read_reported(*measured);
  return out;
}

Json condition_json(const Condition& condition) {
  Json out{{"type", condition.type},
           {"status", condition.is_true ? "True" : "False"},
           {"reason", condition.reason},
           {"lastTransitionTime", format_time(condition.since)},
           {"observedGeneration", condition.generation}};
  put(out, "message", condition.message.substr(0, kMostMessage));
  return out;
}

// The greater, the more there is to tell.
int trouble(const Record& record) {
  const ContainerReport& seen = record.measured;
  return (record.injected ? 0 : 8) + (seen.injection == spec::Injection::kFailed ? 8 : 0) +
         (seen.oom_kills > 0 ? 4 : 0) + (seen.kills > 0 ? 2 : 0) + (seen.restarts > 0 ? 2 : 0) +
         (seen.message.empty() ? 0 : 1);
}

// For each record, whether it is one of the worst.
std::vector<bool> worst(const std::vector<Record>& records) {
  std::vector<std::size_t> order(records.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto key = [&](std::size_t i) { return std::pair(-trouble(records[i]), i); };
  std::ranges::sort(order, {}, key);
  std::vector<bool> out(records.size(), false);
  for (std::size_t i = 0; i < std::min(kWorst, order.size()); ++i) out[order[i]] = true;
  return out;
}

bool moved(std::int64_t from, std::int64_t to, std::int64_t least) {
  return std::abs(to - from) > std::min(least, std::abs(from) / 100);
}
bool moved(std::optional<Bytes> from, std::optional<Bytes> to) {
  if (from.has_value() != to.has_value()) return true;
  return from && moved(from->value, to->value, mib(1).value);
}
bool moved(std::optional<Cores> from, std::optional<Cores> to) {
  if (from.has_value() != to.has_value()) return true;
  return from && moved(millicores(*from), millicores(*to), 10);
}

Change difference(const Record& told, const Record& now) {
  if (told.id != now.id || told.injected != now.injected ||
      told.injected_count != now.injected_count || told.recovered_count != now.recovered_count)
    return Change::kState;
  const ContainerReport& a = told.measured;
  const ContainerReport& b = now.measured;
  if (a.kills != b.kills || a.oom_kills != b.oom_kills || a.restarts != b.restarts ||
      a.event != b.event || a.message != b.message || a.verdict != b.verdict ||
      a.forecast != b.forecast || a.preflight != b.preflight ||
      told.events.size() != now.events.size())
    return Change::kCounters;
  if (moved(a.asked, b.asked) || moved(a.held, b.held) || moved(a.usage, b.usage) ||
      moved(a.working_set, b.working_set) || moved(a.limit, b.limit) ||
      moved(a.cpu_asked, b.cpu_asked) || moved(a.cpu_got, b.cpu_got))
    return Change::kNumbers;
  return Change::kNone;
}

}  // namespace

const Condition* condition_of(const Status& status, std::string_view type) {
  const auto found = std::ranges::find(status.conditions, type, &Condition::type);
  return found == status.conditions.end() ? nullptr : &*found;
}

bool is_true(const Status& status, std::string_view type) {
  const Condition* condition = condition_of(status, type);
  return condition != nullptr && condition->is_true;
}

const Record* record_of(const Status& status, std::string_view id) {
  const auto found = std::ranges::lower_bound(status.records, id, {}, &Record::id);
  return found == status.records.end() || found->id != id ? nullptr : &*found;
}

Json status_json(const Status& status) {
  Json records = Json::array();
  const bool all_whole = status.records.size() <= kMostWhole;
  const bool all_there = status.records.size() <= kMostRecords;
  const std::vector<bool> is_worst = all_whole ? std::vector<bool>() : worst(status.records);
  for (std::size_t i = 0; i < status.records.size(); ++i) {
    const bool whole = all_whole || is_worst[i];
    if (whole || all_there) records.push_back(record_json(status.records[i], whole));
  }
  Json conditions = Json::array();
  for (const Condition& condition : status.conditions)
    conditions.push_back(condition_json(condition));
  return Json{
      {"observedGeneration", status.generation},
      {"phase", status.phase},
      {"targets", status.targets},
      {"injected", status.injected},
      {"asked", status.asked},
      {"got", status.got},
      {"conditions", std::move(conditions)},
      {"experiment",
       {{"desiredPhase", status.run ? "Run" : "Stop"}, {"containerRecords", std::move(records)}}}};
}

Status read_status(const Json& status) {
  Status out;
  out.generation = number_at(status, "/observedGeneration").value_or(0);
  out.phase = text_at(status, "/phase");
  out.run = text_at(status, "/experiment/desiredPhase") != "Stop";
  out.targets = number_at(status, "/targets").value_or(0);
  out.injected = number_at(status, "/injected").value_or(0);
  out.asked = text_at(status, "/asked");
  out.got = text_at(status, "/got");
  for (const Json& one : list_at(status, "/conditions")) {
    out.conditions.push_back({text_at(one, "/type"), text_at(one, "/status") == "True",
                              text_at(one, "/reason"), text_at(one, "/message"),
                              parse_time(text_at(one, "/lastTransitionTime")).value_or(WallTime{}),
                              number_at(one, "/observedGeneration").value_or(0)});
  }
  for (const Json& one : list_at(status, "/experiment/containerRecords"))
    out.records.push_back(read_record(one));
  std::ranges::sort(out.records, {}, &Record::id);
  return out;
}

Change difference(const Status& told, const Status& now) {
  if (told.generation != now.generation || told.phase != now.phase || told.run != now.run ||
      told.targets != now.targets || told.injected != now.injected || told.asked != now.asked ||
      told.conditions != now.conditions || told.records.size() != now.records.size())
    return Change::kState;
  Change out = Change::kNone;
  for (std::size_t i = 0; i < now.records.size(); ++i)
    out = std::max(out, difference(told.records[i], now.records[i]));
  return out;
}

}  // namespace duress::controller
