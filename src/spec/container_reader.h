// One container of a Pod's manifest as a value. What takes the whole Pod to tell (volumes, users,
// names that come twice) is pod_reader.h's. One call, one thread.
#pragma once

#include <optional>
#include <string>

#include "spec/object_reader.h"
#include "spec/pod.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

// Of a Pod or container: who its processes run as.
struct RunAs {
  std::optional<std::uint32_t> user{};
  std::optional<std::uint32_t> group{};
  std::optional<bool> non_root{};
};

[[nodiscard]] RunAs read_run_as(ObjectReader& reader, const YamlNode& parent,
                                const std::string& path, std::span<const KnownField> fields);

struct ReadContainer {
  Container container;
  RunAs run_as;
};

// What is wrong is told; the value is then of no use.
[[nodiscard]] ReadContainer read_container(ObjectReader& reader, const YamlNode& node,
                                           const std::string& path, bool init);

}  // namespace duress::spec
