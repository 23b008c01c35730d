// JSON written as YAML in block style, as people write manifests. It reads nothing (yaml_tree.h
// does), and what it writes reads back as the same JSON. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace duress::spec {

[[nodiscard]] std::string yaml_text(const nlohmann::ordered_json& value);

}  // namespace duress::spec
