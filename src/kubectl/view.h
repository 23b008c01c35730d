// Experiments as people read them: StressChaos objects taken apart, and the tables and sentences
// made of them. It asks no cluster and knows no clock but the time that it is given. Pure; any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "kube/json.h"
#include "spec/node_stress.h"

namespace duress::kubectl {

struct Condition {
  std::string type{};
  bool holds = false;
  std::string reason{};
  std::string message{};
};

struct Record {
  std::string id{};  // "namespace/pod/container"
  bool injected = false;
  spec::ContainerReport measured{};
  std::vector<std::string> events{};  // "Apply Failed: ...", the newest last
};

struct Experiment {
  std::string ns{};
  std::string name{};
  std::string phase{};  // "Running"; "Pending" before a controller has seen it
  std::string mode{};
  std::string asked{};
  std::string got{};
  std::int64_t injected = 0;
  std::int64_t targets = 0;
  std::optional<WallTime> created{};
  std::vector<Condition> conditions{};
  std::vector<Record> records{};

  // Nothing more will come of it.
  [[nodiscard]] bool is_over() const { return phase == "Finished" || phase == "Failed"; }
};

[[nodiscard]] const Condition* condition_of(const Experiment& experiment, std::string_view type);

[[nodiscard]] Experiment experiment_of(const kube::Json& object);

// One row each.
[[nodiscard]] std::string list_text(const std::vector<Experiment>& experiments, WallTime now);
// What is asked, held and measured of each container, what happened last, and why it is not as
// asked.
[[nodiscard]] std::string status_text(const Experiment& experiment, WallTime now);
// What happened to each container, and why.
[[nodiscard]] std::string explain_text(const Experiment& experiment);

}  // namespace duress::kubectl
