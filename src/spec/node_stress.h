// What one experiment asks of one node, and what the node says of it: the object that controller
// and agent share (nodestresses.duress.dev, v1alpha1, cluster-scoped). The controller writes the
// order, the agent of that node the report, and neither reads the other's mind: all that an agent
// has to know is in here. It talks to no API server. Plain values, and pure functions between them
// and JSON; any thread.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"
#include "base/units.h"
#include "spec/load.h"
#include "spec/preflight_report.h"

namespace duress::spec {

inline constexpr std::string_view kNodeStressGroup = "duress.dev";
inline constexpr std::string_view kNodeStressVersion = "v1alpha1";
inline constexpr std::string_view kNodeStressPlural = "nodestresses";
inline constexpr std::string_view kExperimentLabel = "duress.dev/experiment-uid";

inline constexpr std::size_t kMostContainersOfANode = 256;  // 256 KiB an object, report and all

struct ContainerOrder {
  std::string ns{};
  std::string pod{};
  std::string pod_uid{};
  std::string container{};
  std::string id{};  // of the running container, without the runtime's "containerd://"; empty: none

  friend bool operator==(const ContainerOrder&, const ContainerOrder&) = default;
};

enum class Desired {
  kRun,
  kStop,       // release all, and say so
  kPreflight,  // foretell what the loads would do, and put nothing on
};

struct NodeOrder {
  std::string node{};
  std::string experiment_ns{};
  std::string experiment{};
  std::string experiment_uid{};
  WallTime created{};  // of the experiment, by the API server's clock
  Desired desired = Desired::kRun;
  std::optional<WallTime> deadline{};  // by the API server's clock
  bool again = true;                   // a container that was restarted is stressed again
  Stressors loads{};
  std::vector<ContainerOrder> containers{};
};

enum class Injection {
  kWaiting,      // the container does not run (yet), or its load is being started
  kInjected,     // the load is on
  kNotInjected,  // released, and verified
  kFailed,       // it could not be started, or ended by itself: the message tells
};

[[nodiscard]] std::string_view name_of(Injection injection);

struct ContainerReport {
  std::string ns{};
  std::string pod{};
  std::string container{};
  std::string id{};  // of the container that this speaks of
  Injection injection = Injection::kWaiting;
  std::optional<WallTime> since{};  // of the present load
  int times = 0;                    // how often a load was started there
  std::optional<Bytes> asked{};
  std::optional<Bytes> held{};
  std::optional<Bytes> usage{};
  std::optional<Bytes> working_set{};
  std::optional<Bytes> limit{};
  std::optional<Cores> cpu_asked{};
  std::optional<Cores> cpu_got{};
  bool reached = false;                        // what was asked for was there
  bool guarded = false;                        // a guard ended the load: the message tells which
  std::int64_t kills = 0;                      // of workers
  std::int64_t oom_kills = 0;                  // in the container, while it was stressed
  std::int64_t restarts = 0;                   // of the container, seen while it was stressed
  std::string event{};                         // what happened last
  std::string message{};                       // why it waits, or failed
  std::string forecast{};                      // who would be killed, as told beforehand
  std::string verdict{};                       // what happened and why, in one sentence
  std::optional<PreflightReport> preflight{};  // of a preflight; the forecast has its sentence

  friend bool operator==(const ContainerReport&, const ContainerReport&) = default;
};

struct NodeReport {
  std::int64_t observed_generation = 0;  // of the NodeStress
  bool released = false;                 // nothing of it runs here any more
  bool stopped_for_all = false;          // by a StopAll, for good: it outlives agent and StopAll
  std::string problem{};                 // why the agent cannot read the order; empty: it can
  std::vector<ContainerReport> containers{};

  friend bool operator==(const NodeReport&, const NodeReport&) = default;
};

// "duress-" and 24 hexadecimal figures of experiment and node.
[[nodiscard]] std::string node_stress_name(std::string_view experiment_uid, std::string_view node);

// The whole object to create: metadata with name and label, and spec.
[[nodiscard]] nlohmann::json node_stress_object(const NodeOrder& order);
// "/spec" alone. Of the same order, the same JSON.
[[nodiscard]] nlohmann::json order_json(const NodeOrder& order);
// As a merge patch of the status: a problem that is over is taken away, a StopAll stays.
[[nodiscard]] nlohmann::json report_json(const NodeReport& report);

// What of a report is measured or told, without whose it is and without what is counted; and back.
[[nodiscard]] nlohmann::json measured_json(const ContainerReport& report);
void read_measured(const nlohmann::json& measured, ContainerReport& report);

// kUsage: a field is missing or wrong, and which. Unknown fields are passed over: the other side
// may be of a later version.
[[nodiscard]] Result<NodeOrder> read_order(const nlohmann::json& spec);
// Whatever is there; an object without a report reads as one that nobody has seen.
[[nodiscard]] NodeReport read_report(const nlohmann::json& status);

}  // namespace duress::spec
