// Pods, nodes and experiments for the tests of this folder: made short, as the API server would
// hand them out.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "base/wall_time.h"
#include "controller/experiment.h"
#include "controller/pod_view.h"

namespace duress::controller::testing {

inline const WallTime kStart = parse_time("2026-11-25T12:00:00Z").value();

inline WallTime after(int seconds) { return kStart + std::chrono::seconds(seconds); }

struct PodSpec {
  std::string name{};
  std::string node = "n1";
  std::string ns = "shop";
  std::string uid{};  // empty: "uid-" and the name
  std::string id = "c0";
  bool running = true;
  bool terminating = false;
};

inline Json pod_json(const PodSpec& pod) {
  Json container{{"name", "main"}};
  if (!pod.id.empty()) container["containerID"] = "containerd://" + pod.id;
  container["state"][pod.running ? "running" : "waiting"] = Json::object();
  Json out{
      {"metadata",
       {{"name", pod.name},
        {"namespace", pod.ns},
        {"uid", pod.uid.empty() ? "uid-" + pod.name : pod.uid},
        {"labels", {{"app", "web"}}}}},
      {"spec",
       {{"nodeName", pod.node}, {"restartPolicy", "Always"}, {"containers", {{{"name", "main"}}}}}},
      {"status", {{"phase", "Running"}, {"containerStatuses", {container}}}}};
  if (pod.terminating) out["metadata"]["deletionTimestamp"] = format_time(kStart);
  return out;
}

inline void put(Inventory& inventory, const PodSpec& pod) {
  const Json json = pod_json(pod);
  inventory.pods[key_of(json)] = pod_view(json);
}

inline Inventory inventory_of(const std::vector<PodSpec>& pods,
                              const std::vector<std::string>& nodes = {"n1", "n2"}) {
  Inventory out;
  for (const std::string& node : nodes)
    out.nodes[node] = {.labels = {{"kubernetes.io/os", "linux"}, {"zone", "zone-" + node}}};
  for (const PodSpec& pod : pods) put(out, pod);
  return out;
}

// Of the namespace shop, with the article's load, for an hour, made at kStart.
inline Json experiment_json(const Json& spec = Json::object()) {
  Json out{{"metadata",
            {{"name", "mem"},
             {"namespace", "shop"},
             {"uid", "e1"},
             {"generation", 1},
             {"resourceVersion", "7"},
             {"creationTimestamp", format_time(kStart)},
             {"finalizers", {"chaos-mesh/records"}}}},
           {"spec",
            {{"mode", "all"},
             {"selector", {{"namespaces", {"shop"}}}},
             {"stressors", {{"memory", {{"workers", 4}, {"size", "50MiB"}}}}},
             {"duration", "1h"}}}};
  if (spec.is_object()) out["spec"].merge_patch(spec);
  return out;
}

}  // namespace duress::controller::testing
