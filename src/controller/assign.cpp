#include "controller/assign.h"

#include <algorithm>

#include "base/order.h"
#include "base/text.h"

namespace duress::controller {

namespace {

using Pods = std::vector<const PodView*>;

std::string key_of(const PodView& pod) { return pod.candidate.ns + "/" + pod.candidate.name; }

bool has_ended(const PodView& pod) {
  return pod.candidate.phase == "Succeeded" || pod.candidate.phase == "Failed";
}

bool runs(const PodView& pod) {
  return std::ranges::any_of(pod.containers, &ContainerView::running);
}

bool matches(const AssignInput& input, const PodView& pod, const NodeView& node) {
  const spec::Selector& selector = input.manifest.selection.selector;
  if (input.namespace_filter && !input.inventory.open_namespaces.contains(pod.candidate.ns))
    return false;
  if (selector.node_labels.empty())
    return spec::matches(selector, pod.candidate, input.own_namespace);
  spec::Candidate with_labels = pod.candidate;
  with_labels.node_labels = node.labels;
  return spec::matches(selector, with_labels, input.own_namespace);
}

struct Meant {
  Pods fresh{};               // that may be drawn
  Pods terminating{};         // drawn before, still running
  std::size_t elsewhere = 0;  // meant, but without a node or ended
};

Meant find_meant(const AssignInput& input) {
  Meant out;
  const NodeView nowhere;
  for (const auto& [key, pod] : input.inventory.pods) {
    const auto node = input.inventory.nodes.find(pod.candidate.node);
    const bool has_node = node != input.inventory.nodes.end();
    if (!matches(input, pod, has_node ? node->second : nowhere)) continue;
    if (!has_node || has_ended(pod)) {
      out.elsewhere += 1;
    } else if (!pod.terminating) {
      out.fresh.push_back(&pod);
    } else if (input.drawn.contains(key) && runs(pod)) {
      out.terminating.push_back(&pod);
    }
  }
  return out;
}

// `count` of them by lot: always the same ones of the same.
Pods by_lot(const Pods& from, std::size_t count, std::uint64_t seed) {
  if (count >= from.size()) return from;
  Pods out;
  if (count == 0) return out;
  spec::Selection selection{.mode = spec::PickMode::kFixed, .value = static_cast<int>(count)};
  std::vector<spec::Candidate> candidates;
  std::set<std::string> namespaces;
  for (const PodView* pod : from) {
    candidates.push_back({.name = pod->candidate.name, .ns = pod->candidate.ns});
    namespaces.insert(pod->candidate.ns);
  }
  selection.selector.namespaces.assign(namespaces.begin(), namespaces.end());
  for (const std::size_t i : spec::choose(selection, candidates, "", seed)) out.push_back(from[i]);
  return out;
}

Pods draw(const AssignInput& input, const Meant& meant) {
  const std::size_t wanted =
      spec::how_many(input.manifest.selection, meant.fresh.size(), input.seed);
  Pods kept;
  Pods others;
  for (const PodView* pod : meant.fresh)
    (input.drawn.contains(key_of(*pod)) ? kept : others).push_back(pod);
  // Those that are being deleted cannot be given up for others: they go by themselves.
  const std::size_t left = wanted - std::min(wanted, meant.terminating.size());
  Pods out = by_lot(kept, left, input.seed);
  for (const PodView* pod : by_lot(others, left - out.size(), input.seed)) out.push_back(pod);
  out.insert(out.end(), meant.terminating.begin(), meant.terminating.end());
  return out;
}

std::string refusal_of(const Bounds& bounds, const PodView& pod, const NodeView& node) {
  if (std::string why = refusal_by(bounds, pod); !why.empty()) return why;
  for (const std::string_view guest : {"kata", "gvisor", "runsc"}) {
    if (pod.runtime_class.find(guest) != std::string::npos)
      return "runtimeClassName " + quoted(pod.runtime_class) +
             ": its processes are in a guest that the node cannot reach into; stress Pods of the "
             "node's own runtime";
  }
  const auto os = node.labels.find("kubernetes.io/os");
  if (os != node.labels.end() && os->second != "linux")
    return "its node runs " + quoted(os->second) + ": only Linux containers can be stressed";
  return "";
}

void add_targets(const AssignInput& input, const PodView& pod, Assignment& out) {
  auto names = spec::choose_containers(input.manifest.selection, pod.candidate);
  if (!names) {
    out.problem = names.error().message;
    return;
  }
  const NodeView& node = input.inventory.nodes.at(pod.candidate.node);
  for (const std::string& name : *names) {
    const auto found = std::ranges::find(pod.containers, name, &ContainerView::name);
    if (found == pod.containers.end() || found->is_over) continue;
    // Nothing begins in a Pod that is about to go.
    if (pod.terminating && !found->running) continue;
    out.targets.push_back({.ns = pod.candidate.ns,
                           .pod = pod.candidate.name,
                           .pod_uid = pod.uid,
                           .node = pod.candidate.node,
                           .container = name,
                           .id = found->id,
                           .refusal = refusal_of(input.bounds, pod, node)});
  }
}

// A name that is misspelt would otherwise do nothing, in silence.
std::string missing_nodes(const AssignInput& input) {
  std::string missing;
  for (const std::string& node : input.manifest.selection.selector.nodes) {
    if (input.inventory.nodes.contains(node)) continue;
    missing += (missing.empty() ? "" : ", ") + quoted(node);
  }
  if (missing.empty()) return "";
  return "spec.selector.nodes: the cluster has no node " + missing + "; see kubectl get nodes";
}

std::string nobody(const AssignInput& input, const Meant& meant) {
  if (meant.elsewhere > 0)
    return "all Pods that the selector means have ended or have no node yet; it is tried again as "
           "they change";
  if (!meant.fresh.empty()) return "the draw took no Pod: give a larger spec.value";
  std::string out = "no Pod fits " + (input.manifest.selector_summary.empty()
                                          ? "the namespace " + input.own_namespace
                                          : input.manifest.selector_summary);
  if (input.namespace_filter)
    out += "; only namespaces with the annotation chaos-mesh.org/inject: enabled are looked at";
  return out + "; it is tried again as Pods come";
}

}  // namespace

Assignment assign(const AssignInput& input) {
  Assignment out;
  out.problem = missing_nodes(input);
  if (!out.problem.empty()) return out;
  const Meant meant = find_meant(input);
  const Pods pods = draw(input, meant);
  for (const PodView* pod : pods) add_targets(input, *pod, out);
  // Where another Pod has the container, one without it is passed over.
  if (!out.targets.empty()) out.problem.clear();
  if (pods.empty()) out.problem = nobody(input, meant);
  if (out.targets.empty() && out.problem.empty())
    out.problem = "the containers that are meant have ended and do not run again";
  put_in_order(out.targets, &Target::key);
  return out;
}

}  // namespace duress::controller
