// The custom resources of Duress as an API server takes them: StressChaos, made from the table of
// fields so that a cluster refuses what `duress run` refuses, NodeStress, StopAll and Recording. It
// applies nothing.
// Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace duress::spec {

[[nodiscard]] nlohmann::ordered_json stress_chaos_crd();
[[nodiscard]] nlohmann::ordered_json node_stress_crd();
[[nodiscard]] nlohmann::ordered_json stop_all_crd();
[[nodiscard]] nlohmann::ordered_json recording_crd();
// Those, in this order.
[[nodiscard]] std::vector<nlohmann::ordered_json> all_crds();

// All as one text of several documents; the same text every time.
[[nodiscard]] std::string crds_yaml();

// docs/reference.md: every field of a StressChaos, its type, what it means and what is allowed.
[[nodiscard]] std::string reference_markdown();

}  // namespace duress::spec
