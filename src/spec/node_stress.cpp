#include "spec/node_stress.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "base/hash.h"
#include "base/text.h"
#include "base/wall_time.h"
#include "spec/json_members.h"
#include "spec/manifest.h"
#include "spec/manifest_text.h"

namespace duress::spec {

namespace {

using nlohmann::json;
using spec::put;  // beside those below

template <class E>
using Name = std::pair<E, std::string_view>;

constexpr Name<Injection> kInjections[] = {
    {Injection::kWaiting, "Waiting"},
    {Injection::kInjected, "Injected"},
    {Injection::kNotInjected, "Not Injected"},
    {Injection::kFailed, "Failed"},
};
constexpr Name<Desired> kDesired[] = {
    {Desired::kRun, "Run"}, {Desired::kStop, "Stop"}, {Desired::kPreflight, "Preflight"}};

template <class E, std::size_t N>
std::string_view name_in(const Name<E> (&names)[N], E value) {
  return std::ranges::find(names, value, &Name<E>::first)->second;
}

template <class E, std::size_t N>
E value_in(const Name<E> (&names)[N], std::string_view name, E otherwise) {
  const auto* const found = std::ranges::find(names, name, &Name<E>::second);
  return found == std::end(names) ? otherwise : found->first;
}

// In thousandths, as Kubernetes counts CPUs: a CRD's numbers are whole.
std::optional<Cores> cores_at(const json& object, const char* name) {
  const auto number = number_at(object, name);
  return number ? std::optional(Cores{static_cast<double>(*number) / 1000}) : std::nullopt;
}

void put(json& to, const char* name, std::optional<Cores> cores) {
  if (cores) to[name] = std::llround(cores->value * 1000);
}
void put(json& to, const char* name, std::optional<WallTime> time) {
  if (time) to[name] = format_time(*time);
}

json json_of(const ContainerOrder& container) {
  json out = {{"namespace", container.ns},
              {"pod", container.pod},
              {"podUID", container.pod_uid},
              {"container", container.container}};
  put(out, "containerID", container.id);
  return out;
}

json json_of(const ContainerReport& report) {
  json out = {{"namespace", report.ns},        {"pod", report.pod},
              {"container", report.container}, {"phase", name_of(report.injection)},
              {"times", report.times},         {"reached", report.reached},
              {"kills", report.kills},         {"oomKills", report.oom_kills},
              {"restarts", report.restarts}};
  put(out, "containerID", report.id);
  if (report.guarded) out["guarded"] = true;
  out.update(measured_json(report));
  return out;
}

ContainerReport report_of(const json& from) {
  ContainerReport out;
  out.ns = text_at(from, "namespace");
  out.pod = text_at(from, "pod");
  out.container = text_at(from, "container");
  out.id = text_at(from, "containerID");
  out.injection = value_in(kInjections, text_at(from, "phase"), Injection::kWaiting);
  out.times = static_cast<int>(number_at(from, "times").value_or(0));
  out.reached = object_at(from, "reached") == true;
  out.guarded = object_at(from, "guarded") == true;
  out.kills = number_at(from, "kills").value_or(0);
  out.oom_kills = number_at(from, "oomKills").value_or(0);
  out.restarts = number_at(from, "restarts").value_or(0);
  read_measured(from, out);
  return out;
}

std::unexpected<Error> missing(const std::string& field) {
  return fail(Code::kUsage, "spec." + field + " is missing or no text");
}

Result<Stressors> loads_of(const json& spec) {
  json inner = json::object();
  for (const char* name : {"stressors", "stressngStressors", "guards"}) {
    if (spec.contains(name)) inner[name] = spec[name];
  }
  const json manifest = {{"apiVersion", "chaos-mesh.org/v1alpha1"},
                         {"kind", "StressChaos"},
                         {"metadata", {{"name", "of-a-node"}}},
                         {"spec", inner}};
  auto read = parse_manifest(manifest.dump(-1, ' ', false, json::error_handler_t::replace));
  if (read) return read->stressors;
  std::string all;
  for (const Problem& problem : read.error())
    all += (all.empty() ? "" : "; ") + format_problem(problem);
  return fail(Code::kUsage, all);
}

}  // namespace

std::string_view name_of(Injection injection) { return name_in(kInjections, injection); }

json measured_json(const ContainerReport& report) {
  json out = json::object();
  put(out, "since", report.since);
  put(out, "askedBytes", report.asked);
  put(out, "heldBytes", report.held);
  put(out, "usageBytes", report.usage);
  put(out, "workingSetBytes", report.working_set);
  put(out, "limitBytes", report.limit);
  put(out, "cpuAskedMillicores", report.cpu_asked);
  put(out, "cpuGotMillicores", report.cpu_got);
  put(out, "event", report.event);
  put(out, "message", report.message);
  put(out, "forecast", report.forecast);
  put(out, "verdict", report.verdict);
  if (report.preflight) out["preflight"] = preflight_json(*report.preflight);
  return out;
}

void read_measured(const json& measured, ContainerReport& report) {
  report.since = parse_time(text_at(measured, "since"));
  report.asked = bytes_at(measured, "askedBytes");
  report.held = bytes_at(measured, "heldBytes");
  report.usage = bytes_at(measured, "usageBytes");
  report.working_set = bytes_at(measured, "workingSetBytes");
  report.limit = bytes_at(measured, "limitBytes");
  report.cpu_asked = cores_at(measured, "cpuAskedMillicores");
  report.cpu_got = cores_at(measured, "cpuGotMillicores");
  report.event = text_at(measured, "event");
  report.message = text_at(measured, "message");
  report.forecast = text_at(measured, "forecast");
  report.verdict = text_at(measured, "verdict");
  report.preflight = read_preflight(object_at(measured, "preflight"));
}

std::string node_stress_name(std::string_view experiment_uid, std::string_view node) {
  const std::string both = std::string(experiment_uid) + "/" + std::string(node);
  const std::uint64_t first = stable_hash(both);
  return fmt::format("duress-{:016x}{:08x}", first, stable_hash(both, first) >> 32U);
}

json order_json(const NodeOrder& order) {
  json out = json::parse(manifest_text(order.loads, "of-a-node"))["spec"];
  out["nodeName"] = order.node;
  out["experiment"] = {{"namespace", order.experiment_ns},
                       {"name", order.experiment},
                       {"uid", order.experiment_uid},
                       {"createdAt", format_time(order.created)}};
  out["desiredPhase"] = name_in(kDesired, order.desired);
  out["restart"] = order.again ? "again" : "end";
  put(out, "deadline", order.deadline);
  out["containers"] = json::array();
  for (const ContainerOrder& container : order.containers)
    out["containers"].push_back(json_of(container));
  return out;
}

json node_stress_object(const NodeOrder& order) {
  return {{"apiVersion", std::string(kNodeStressGroup) + "/" + std::string(kNodeStressVersion)},
          {"kind", "NodeStress"},
          {"metadata",
           {{"name", node_stress_name(order.experiment_uid, order.node)},
            {"labels", {{kExperimentLabel, order.experiment_uid}}}}},
          {"spec", order_json(order)}};
}

json report_json(const NodeReport& report) {
  json out = {{"observedGeneration", report.observed_generation},
              {"released", report.released},
              {"problem", report.problem.empty() ? json() : json(report.problem)},
              {"containers", json::array()}};
  if (report.stopped_for_all) out["stoppedForAll"] = true;
  for (const ContainerReport& container : report.containers)
    out["containers"].push_back(json_of(container));
  return out;
}

Result<NodeOrder> read_order(const json& spec) {
  NodeOrder out;
  out.node = text_at(spec, "nodeName");
  const json& experiment = object_at(spec, "experiment");
  out.experiment_ns = text_at(experiment, "namespace");
  out.experiment = text_at(experiment, "name");
  out.experiment_uid = text_at(experiment, "uid");
  if (out.node.empty()) return missing("nodeName");
  if (out.experiment_uid.empty()) return missing("experiment.uid");
  const auto created = parse_time(text_at(experiment, "createdAt"));
  if (!created) return fail(Code::kUsage, "spec.experiment.createdAt is no RFC 3339 time");
  out.created = *created;
  // What this agent does not know, it does not run.
  out.desired = value_in(kDesired, text_at(spec, "desiredPhase"), Desired::kStop);
  out.again = text_at(spec, "restart") != "end";
  if (const std::string deadline = text_at(spec, "deadline"); !deadline.empty()) {
    out.deadline = parse_time(deadline);
    // Without its end a load must not begin.
    if (!out.deadline) return fail(Code::kUsage, "spec.deadline is no RFC 3339 time");
  }
  auto loads = loads_of(spec);
  if (!loads) return std::unexpected(loads.error());
  out.loads = std::move(*loads);
  const json& containers = object_at(spec, "containers");
  if (!containers.is_array()) return fail(Code::kUsage, "spec.containers is no list");
  if (containers.size() > kMostContainersOfANode) {
    return fail(Code::kUsage, "spec.containers has " + std::to_string(containers.size()) +
                                  " entries: at most " + std::to_string(kMostContainersOfANode));
  }
  for (const json& one : containers) {
    ContainerOrder container{text_at(one, "namespace"), text_at(one, "pod"), text_at(one, "podUID"),
                             text_at(one, "container"), text_at(one, "containerID")};
    if (container.ns.empty() || container.pod.empty() || container.container.empty())
      return fail(Code::kUsage, "spec.containers has an entry without namespace, pod or container");
    out.containers.push_back(std::move(container));
  }
  return out;
}

NodeReport read_report(const json& status) {
  NodeReport out;
  out.observed_generation = number_at(status, "observedGeneration").value_or(0);
  out.released = object_at(status, "released") == true;
  out.stopped_for_all = object_at(status, "stoppedForAll") == true;
  out.problem = text_at(status, "problem");
  const json& containers = object_at(status, "containers");
  if (!containers.is_array()) return out;
  for (const json& one : containers) out.containers.push_back(report_of(one));
  return out;
}

}  // namespace duress::spec
