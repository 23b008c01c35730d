// Files of Kubernetes manifests, several documents in each, as the Pods and experiments that they
// mean: replicas made and named as the controllers name them, all that is wrong at once, and what
// has no effect here. It starts nothing and reads no file. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <vector>

#include "spec/manifest.h"
#include "spec/pod.h"
#include "spec/problem.h"

namespace duress::spec {

struct ManifestText {
  std::string name{};  // "app.yaml": for messages
  std::string text{};
};

// Stands in the place of a container's `command`; its `args` follow.
struct GivenCommand {
  std::string target{};  // "NAME", or "POD/NAME" with a Pod's or its workload's name
  std::vector<std::string> words{};
};

struct WorkloadOptions {
  std::uint64_t seed = 0;  // of the random part of names
  std::vector<GivenCommand> commands{};
};

struct Workloads {
  std::vector<Pod> pods{};
  std::vector<Manifest> experiments{};
  std::vector<std::string> notes{};  // what has no effect, one line each
};

inline constexpr std::size_t kMostPods = 500;

[[nodiscard]] std::expected<Workloads, std::vector<Problem>> read_workloads(
    std::span<const ManifestText> files, const WorkloadOptions& options);

// As a controller makes up names: lower-case letters and digits that spell no word.
[[nodiscard]] std::string random_suffix(std::uint64_t seed, std::string_view key,
                                        std::size_t length);

}  // namespace duress::spec
