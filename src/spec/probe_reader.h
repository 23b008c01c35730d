// A probe's manifest as a value, by the rules of Kubernetes' validation
// (pkg/apis/core/validation, validateProbe and those of its kinds). It asks nobody. One call, one
// thread.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "spec/object_reader.h"
#include "spec/probe.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

enum class ProbeKind { kLiveness, kReadiness, kStartup };

struct ProbePlace {
  ProbeKind kind = ProbeKind::kLiveness;
  std::string path{};                       // "spec.containers[0].livenessProbe"
  const std::map<std::string, int>& ports;  // of the container, by name
};

// Unset: wrong, and told.
[[nodiscard]] std::optional<Probe> read_probe(ObjectReader& reader, const YamlNode& node,
                                              const ProbePlace& place);

// {command: [...]}, of a probe or preStop.
[[nodiscard]] std::optional<Exec> read_exec(ObjectReader& reader, const YamlNode& node,
                                            const std::string& path);

}  // namespace duress::spec
