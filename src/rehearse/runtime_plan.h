// What the runtime process needs to know to start the containers of a rehearsal: commands,
// environments, mounts and users, all decided before it is forked, so that a request to it is a few
// numbers. It starts nothing. Plain values and a pure function; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/units.h"
#include "spec/pod.h"

namespace duress::rehearse {

// An exec probe's command, or that of preStop.
enum class Command : std::uint32_t { kStartup, kLiveness, kReadiness, kPreStop };
inline constexpr std::size_t kCommands = 4;

struct PlannedMount {
  std::string source;  // a directory or file of this machine
  std::string sub_path{};
  std::string target;
  bool read_only = false;
};

struct PlannedContainer {
  std::vector<std::string> arguments{};
  std::vector<std::string> environment{};  // "NAME=value"
  std::string working_directory = "/";
  std::uint32_t user = 0;
  std::uint32_t group = 0;
  int oom_score_adj = 0;
  std::vector<PlannedMount> mounts{};  // by target, the upper ones first
  std::array<std::vector<std::string>, kCommands> commands{};
};

struct PlannedVolume {
  std::string directory;                 // made below the rehearsal's place
  std::optional<std::string> options{};  // set: a tmpfs with these
};

struct PlannedPod {
  std::string hostname{};
  std::string ip{};
  std::string directory{};  // its own below the rehearsal's place
  std::vector<PlannedVolume> volumes{};
  std::vector<PlannedContainer> containers{};  // init containers first
};

struct RuntimePlan {
  std::vector<PlannedPod> pods{};
  std::vector<std::string> cgroup_mounts{};  // where the trees are mounted
  bool starts_inside = false;                // Trees::starts_inside()
};

struct Identity {
  std::string uid{};
  std::string ip{};
};

struct PlanFacts {
  std::string place{};  // where volumes are made: "/var/lib/duress/rehearse-7"
  std::string node_name{};
  Bytes node_memory{};
  Cores node_cpu{};
  int lowest_score = -1000;  // that this process may set
};

[[nodiscard]] RuntimePlan plan_of(const std::vector<spec::Pod>& pods,
                                  const std::vector<Identity>& identities, const PlanFacts& facts);

// "10.88.0.2" for the first, as a bridge network of a node hands them out.
[[nodiscard]] std::string address_of(std::size_t pod);

// All containers of a Pod in the order that is used throughout: init containers first.
[[nodiscard]] std::vector<const spec::Container*> containers_of(const spec::Pod& pod);

}  // namespace duress::rehearse
