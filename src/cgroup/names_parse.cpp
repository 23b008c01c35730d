#include "cgroup/names_parse.h"

#include <nlohmann/json.hpp>
#include <vector>

#include "base/text.h"
#include "cgroup/parse.h"

namespace duress::cgroup {

namespace {

using Json = nlohmann::json;

constexpr std::size_t kLongestName = 253;  // of a Pod; no runtime allows a longer one

Json parsed(std::string_view text) { return Json::parse(text, nullptr, false); }

// Null where there is no such member, at whatever `json` is.
const Json& member(const Json& json, const char* key) {
  static const Json kNone;
  if (!json.is_object()) return kNone;
  const auto found = json.find(key);
  return found == json.end() ? kNone : *found;
}

std::string text_of(const Json& json, const char* key) {
  const Json& value = member(json, key);
  if (!value.is_string()) return "";
  auto text = value.get<std::string>();
  if (text.size() > kLongestName) text.resize(kLongestName);
  return is_utf8(text) ? text : quoted(text, kLongestName);
}

void kubernetes_labels(const Json& labels, ContainerName& out) {
  complete(out, {.container = text_of(labels, "io.kubernetes.container.name"),
                 .pod = text_of(labels, "io.kubernetes.pod.name"),
                 .name_space = text_of(labels, "io.kubernetes.pod.namespace"),
                 .runtime = "",
                 .is_sandbox = false});
}

void name_the_sandbox(ContainerName& out) {
  if (out.container == "POD") out.is_sandbox = true;
  if (out.is_sandbox) out.container = "pause";
}

}  // namespace

void complete(ContainerName& name, const ContainerName& from) {
  if (name.container.empty()) name.container = from.container;
  if (name.pod.empty()) name.pod = from.pod;
  if (name.name_space.empty()) name.name_space = from.name_space;
  if (name.runtime.empty()) name.runtime = from.runtime;
  name.is_sandbox = name.is_sandbox || from.is_sandbox;
}

ContainerName parse_docker(std::string_view text) {
  const Json json = parsed(text);
  ContainerName out;
  std::string name = text_of(json, "Name");
  if (name.starts_with('/')) name.erase(0, 1);
  kubernetes_labels(member(member(json, "Config"), "Labels"), out);
  if (const auto k8s = parse_k8s_name(name)) complete(out, *k8s);
  name_the_sandbox(out);
  if (out.container.empty()) out.container = name;
  if (!out.empty()) out.runtime = "docker";
  return out;
}

ContainerName parse_bundle(std::string_view text) {
  const Json json = parsed(text);
  const Json& annotations = member(json, "annotations");
  ContainerName out;
  out.container = text_of(annotations, "io.kubernetes.cri.container-name");
  out.pod = text_of(annotations, "io.kubernetes.cri.sandbox-name");
  out.name_space = text_of(annotations, "io.kubernetes.cri.sandbox-namespace");
  out.is_sandbox = text_of(annotations, "io.kubernetes.cri.container-type") == "sandbox" ||
                   text_of(annotations, "io.kubernetes.cri-o.ContainerType") == "sandbox";
  const bool cri_o = !member(annotations, "io.kubernetes.cri-o.ContainerType").is_null();
  const bool podman = !member(annotations, "io.container.manager").is_null() ||
                      !member(annotations, "io.podman.annotations.autoremove").is_null();
  kubernetes_labels(annotations, out);
  name_the_sandbox(out);
  if (out.container.empty()) out.container = text_of(annotations, "nerdctl/name");
  if (cri_o) out.runtime = "cri-o";
  if (!cri_o && podman) out.runtime = "podman";
  return out;
}

std::map<std::string, std::string> parse_storage(std::string_view text) {
  const Json json = parsed(text);
  std::map<std::string, std::string> out;
  if (!json.is_array()) return out;
  for (const Json& container : json) {
    const std::string id = text_of(container, "id");
    const Json& names = member(container, "names");
    if (id.empty() || !names.is_array() || names.empty() || !names.front().is_string()) continue;
    out.emplace(id, quoted(names.front().get<std::string>(), kLongestName));
  }
  return out;
}

ContainerName parse_rehearse(std::string_view text, const std::string& id) {
  const Json json = parsed(text);
  const Json& entry = member(json, id.c_str());
  ContainerName out{.container = text_of(entry, "container"),
                    .pod = text_of(entry, "pod"),
                    .name_space = text_of(entry, "namespace"),
                    .runtime = "",
                    .is_sandbox = false};
  if (!out.empty()) out.runtime = "rehearse";
  return out;
}

std::optional<std::pair<std::string, ContainerName>> parse_log_name(std::string_view name) {
  constexpr std::string_view kEnd = ".log";
  constexpr std::size_t kIdLength = 64;
  if (!name.ends_with(kEnd)) return std::nullopt;
  name.remove_suffix(kEnd.size());
  if (name.size() < kIdLength + 2 || name[name.size() - kIdLength - 1] != '-') return std::nullopt;
  auto id = container_id(name.substr(name.size() - kIdLength));
  const std::vector<std::string> parts = split(name.substr(0, name.size() - kIdLength - 1), '_');
  if (!id || parts.size() != 3) return std::nullopt;
  return std::pair{*id, ContainerName{.container = quoted(parts[2], kLongestName),
                                      .pod = quoted(parts[0], kLongestName),
                                      .name_space = quoted(parts[1], kLongestName),
                                      .runtime = "",
                                      .is_sandbox = false}};
}

std::optional<ContainerName> parse_k8s_name(std::string_view name) {
  const std::vector<std::string> parts = split(name, '_');
  if (parts.size() < 6 || parts[0] != "k8s") return std::nullopt;
  ContainerName out{.container = parts[1],
                    .pod = parts[2],
                    .name_space = parts[3],
                    .runtime = "",
                    .is_sandbox = false};
  name_the_sandbox(out);
  return out;
}

}  // namespace duress::cgroup
