#include "rehearse/runtime_plan.h"

#include <algorithm>

#include "rehearse/layout.h"
#include "spec/pod_environment.h"

namespace duress::rehearse {

namespace {

// What runtimes give a container that has none of its own.
constexpr const char* kPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

std::string directory_of(const PlannedPod& pod, const spec::Volume& volume) {
  return pod.directory + "/volumes/" + volume.name;
}

PlannedVolume volume_of(const PlannedPod& pod, const spec::Volume& volume) {
  PlannedVolume out{.directory = directory_of(pod, volume)};
  const auto* empty = std::get_if<spec::EmptyDir>(&volume.source);
  if (empty == nullptr || !empty->in_memory) return out;
  out.options = "mode=1777";
  if (empty->size_limit) *out.options += ",size=" + std::to_string(empty->size_limit->value);
  return out;
}

std::vector<PlannedMount> mounts_of(const spec::Pod& pod, const PlannedPod& planned,
                                    const spec::Container& container) {
  std::vector<PlannedMount> out;
  for (const spec::Mount& mount : container.mounts) {
    const auto volume = std::ranges::find(pod.volumes, mount.volume, &spec::Volume::name);
    if (volume == pod.volumes.end()) continue;  // the reader has refused it
    const auto* host = std::get_if<spec::HostPath>(&volume->source);
    std::string source = host != nullptr ? host->path : directory_of(planned, *volume);
    std::string target = mount.path;
    while (target.size() > 1 && target.ends_with('/')) target.pop_back();
    out.push_back({std::move(source), mount.sub_path, std::move(target), mount.read_only});
  }
  std::ranges::sort(out, {}, &PlannedMount::target);
  return out;
}

void add_commands(const spec::Container& container, PlannedContainer& out) {
  const auto add = [&out](Command command, const std::optional<spec::Probe>& probe) {
    if (!probe) return;
    if (const auto* exec = std::get_if<spec::Exec>(&probe->how)) {
      out.commands[static_cast<std::size_t>(command)] = exec->command;
    }
  };
  add(Command::kStartup, container.startup);
  add(Command::kLiveness, container.liveness);
  add(Command::kReadiness, container.readiness);
  if (!container.pre_stop) return;
  if (const auto* exec = std::get_if<spec::Exec>(&*container.pre_stop)) {
    out.commands[static_cast<std::size_t>(Command::kPreStop)] = exec->command;
  }
}

std::vector<std::string> environment_of(const spec::StartValues& values,
                                        const std::string& hostname) {
  std::vector<std::string> out;
  bool path = false;
  bool host = false;
  for (const auto& [name, value] : values.environment) {
    path = path || name == "PATH";
    host = host || name == "HOSTNAME";
    out.push_back(name + "=" + value);
  }
  if (!path) out.insert(out.begin(), std::string("PATH=") + kPath);
  if (!host) out.insert(out.begin(), "HOSTNAME=" + hostname);
  return out;
}

PlannedContainer container_of(const spec::Pod& pod, const PlannedPod& planned,
                              const spec::Container& container, const spec::PodFacts& pod_facts,
                              const PlanFacts& facts) {
  spec::StartValues values = spec::start_values(pod, container, pod_facts);
  PlannedContainer out;
  out.environment = environment_of(values, planned.hostname);
  out.arguments = std::move(values.command);
  if (!container.working_directory.empty()) out.working_directory = container.working_directory;
  out.user = container.user.value_or(0);
  out.group = container.group.value_or(0);
  out.oom_score_adj =
      reachable_score(oom_score_adj_of(pod, container, facts.node_memory), facts.lowest_score);
  out.mounts = mounts_of(pod, planned, container);
  add_commands(container, out);
  return out;
}

}  // namespace

std::string address_of(std::size_t pod) {
  constexpr std::size_t kFirst = 2;  // .1 is a bridge's own
  const std::size_t number = pod + kFirst;
  return "10.88." + std::to_string(number / 256 % 256) + "." + std::to_string(number % 256);
}

std::vector<const spec::Container*> containers_of(const spec::Pod& pod) {
  std::vector<const spec::Container*> out;
  for (const auto* list : {&pod.init_containers, &pod.containers}) {
    for (const spec::Container& container : *list) out.push_back(&container);
  }
  return out;
}

RuntimePlan plan_of(const std::vector<spec::Pod>& pods, const std::vector<Identity>& identities,
                    const PlanFacts& facts) {
  RuntimePlan out;
  for (std::size_t i = 0; i < pods.size(); ++i) {
    const spec::Pod& pod = pods[i];
    PlannedPod planned;
    planned.hostname = pod.hostname.empty() ? pod.name : pod.hostname;
    planned.ip = identities[i].ip;
    planned.directory = facts.place + "/pod" + identities[i].uid;
    for (const spec::Volume& volume : pod.volumes) {
      if (std::holds_alternative<spec::HostPath>(volume.source)) continue;
      planned.volumes.push_back(volume_of(planned, volume));
    }
    const spec::PodFacts pod_facts{.uid = identities[i].uid,
                                   .pod_ip = identities[i].ip,
                                   .node_name = facts.node_name,
                                   .node_memory = facts.node_memory,
                                   .node_cpu = facts.node_cpu};
    for (const spec::Container* container : containers_of(pod)) {
      planned.containers.push_back(container_of(pod, planned, *container, pod_facts, facts));
    }
    out.pods.push_back(std::move(planned));
  }
  return out;
}

}  // namespace duress::rehearse
