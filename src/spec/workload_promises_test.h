// What holds of everything that read_workloads() gives, whatever it was given: the unit test of
// broken manifests and the fuzzer both ask it. It uses no test framework. Pure; any thread.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/text.h"
#include "spec/pod_environment.h"
#include "spec/pod_resources.h"
#include "spec/workload.h"

namespace duress::spec {

inline bool is_plain_line(const std::string& line) {
  if (line.empty() || line.size() > 10'000 || !is_utf8(line)) return false;
  for (const char c : line) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) return false;
  }
  return true;
}

inline std::string broken_probe(const std::optional<Probe>& probe) {
  if (!probe) return "";
  if (probe->period.count() < 1 || probe->timeout.count() < 1)
    return "a probe's times are 1 s or more";
  if (probe->success_threshold < 1 || probe->failure_threshold < 1)
    return "thresholds are 1 or more";
  if (const auto* exec = std::get_if<Exec>(&probe->how)) {
    return exec->command.empty() ? "a probe has a command" : "";
  }
  const auto* http = std::get_if<HttpGet>(&probe->how);
  const auto* tcp = std::get_if<TcpSocket>(&probe->how);
  const int port = http != nullptr  ? http->port
                   : tcp != nullptr ? tcp->port
                                    : std::get<Grpc>(probe->how).port;
  return port >= 1 && port <= 65535 ? "" : "a probe has a port";
}

inline std::string broken_container(const Container& container) {
  if (container.name.empty()) return "a container has a name";
  if (container.command.size() <= container.arguments) return "a container has a command";
  for (const auto* probe : {&container.liveness, &container.readiness, &container.startup}) {
    if (const std::string broken = broken_probe(*probe); !broken.empty()) return broken;
  }
  const Resources& resources = container.resources;
  for (const Amounts* amounts : {&resources.limits, &resources.requests}) {
    if (amounts->memory && amounts->memory->value < 0) return "memory is not negative";
    if (amounts->cpu && amounts->cpu->value < 0) return "CPU is not negative";
  }
  if (resources.limits.memory && *resources.requests.memory > *resources.limits.memory) {
    return "a request is no more than its limit";
  }
  return "";
}

inline std::string broken_promise(const Workloads& workloads) {
  if (workloads.pods.size() > kMostPods) return "there are no more Pods than are allowed";
  for (const Pod& pod : workloads.pods) {
    if (pod.name.empty() || pod.ns.empty() || pod.hostname.size() > 63) return "a Pod has names";
    if (pod.containers.empty()) return "a Pod has a container";
    for (const auto* containers : {&pod.containers, &pod.init_containers}) {
      for (const Container& container : *containers) {
        if (const std::string broken = broken_container(container); !broken.empty()) return broken;
        if (start_values(pod, container, {}).command.empty()) return "there is something to start";
      }
    }
    const bool burstable = qos_of(pod) != QosClass::kBestEffort;
    if (limits_of(pod).memory && !burstable) return "a Pod with limits is not BestEffort";
  }
  for (const std::string& note : workloads.notes) {
    if (!is_plain_line(note)) return "a note is one plain line";
  }
  return "";
}

inline std::string broken_promise(const std::expected<Workloads, std::vector<Problem>>& workloads) {
  if (workloads) return broken_promise(*workloads);
  if (workloads.error().empty()) return "a refusal says why";
  for (const Problem& problem : workloads.error()) {
    if (problem.field.empty() || problem.message.empty()) return "a problem names field and remedy";
    if (!is_plain_line(format_problem(problem))) return "a problem is one plain line";
  }
  return "";
}

}  // namespace duress::spec
