#include "spec/pod_environment.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <string_view>

namespace duress::spec {

namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

// The name between the brackets of metadata.labels['name'].
std::optional<std::string> subscript(const std::string& path, std::string_view parent) {
  const std::string before = std::string(parent) + "['";
  if (!path.starts_with(before) || !path.ends_with("']")) return std::nullopt;
  if (path.size() <= before.size() + 2) return std::nullopt;
  return path.substr(before.size(), path.size() - before.size() - 2);
}

std::string expanded(std::string_view text, const Variables& known) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char next = i + 1 < text.size() ? text[i + 1] : '\0';
    if (text[i] == '$' && next == '$') {
      out += '$';
      ++i;
    } else if (const std::size_t end = text.find(')', i);
               text[i] == '$' && next == '(' && end != std::string_view::npos) {
      const auto found = known.find(text.substr(i + 2, end - i - 2));
      out += found != known.end() ? std::string_view(found->second) : text.substr(i, end + 1 - i);
      i = end;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string value_of(const std::map<std::string, std::string>& map, const std::string& name) {
  const auto found = map.find(name);
  return found == map.end() ? "" : found->second;
}

std::string field(const std::string& path, const Pod& pod, const PodFacts& facts) {
  if (path == "metadata.name") return pod.name;
  if (path == "metadata.namespace") return pod.ns;
  if (path == "metadata.uid") return facts.uid;
  if (path == "spec.nodeName") return facts.node_name;
  if (path == "spec.serviceAccountName") return "default";
  if (path == "status.podIP" || path == "status.podIPs") return facts.pod_ip;
  if (path == "status.hostIP" || path == "status.hostIPs") return facts.host_ip;
  if (const auto label = subscript(path, "metadata.labels")) return value_of(pod.labels, *label);
  if (const auto note = subscript(path, "metadata.annotations")) {
    return value_of(pod.annotations, *note);
  }
  return "";
}

const Container* container_named(const Pod& pod, const std::string& name) {
  for (const auto* containers : {&pod.containers, &pod.init_containers}) {
    const auto found = std::ranges::find(*containers, name, &Container::name);
    if (found != containers->end()) return &*found;
  }
  return nullptr;
}

// pkg/api/v1/resource/helpers.go, ExtractContainerResourceValue: rounded up; a limit that is not
// set is what the node can give.
std::string resource(const ResourceReference& of, const Pod& pod, const Container& own,
                     const PodFacts& facts) {
  const Container* named = of.container.empty() ? &own : container_named(pod, of.container);
  if (named == nullptr) return "";
  const bool limits = of.resource.starts_with("limits.");
  const Amounts& amounts = limits ? named->resources.limits : named->resources.requests;
  std::int64_t divisor = std::max<std::int64_t>(1, of.divisor_thousandths);
  std::int64_t amount = 0;
  if (of.resource.ends_with(".cpu")) {
    const Cores cpu = amounts.cpu.value_or(limits ? facts.node_cpu : Cores{0});
    amount = std::llround(cpu.value * 1000);
  } else {
    amount = amounts.memory.value_or(limits ? facts.node_memory : Bytes{0}).value;
    divisor = std::max<std::int64_t>(1, divisor / 1000);
  }
  return std::to_string(amount / divisor + (amount % divisor > 0 ? 1 : 0));
}

}  // namespace

bool is_field(const std::string& path) {
  constexpr std::array<std::string_view, 9> fields = {
      "metadata.name", "metadata.namespace",      "metadata.uid",  "spec.nodeName", "status.podIP",
      "status.podIPs", "spec.serviceAccountName", "status.hostIP", "status.hostIPs"};
  return std::ranges::find(fields, path) != fields.end() || subscript(path, "metadata.labels") ||
         subscript(path, "metadata.annotations");
}

StartValues start_values(const Pod& pod, const Container& container, const PodFacts& facts) {
  StartValues out;
  Variables known;
  for (const EnvironmentVariable& variable : container.environment) {
    std::string value;
    if (const auto* text = std::get_if<std::string>(&variable.value)) {
      value = expanded(*text, known);
    } else if (const auto* of = std::get_if<FieldReference>(&variable.value)) {
      value = field(of->path, pod, facts);
    } else {
      value = resource(std::get<ResourceReference>(variable.value), pod, container, facts);
    }
    known[variable.name] = value;
    std::erase_if(out.environment, [&](const auto& pair) { return pair.first == variable.name; });
    out.environment.emplace_back(variable.name, std::move(value));
  }
  for (const std::string& word : container.command) {
    out.command.push_back(expanded(word, known));
  }
  return out;
}

}  // namespace duress::spec
