// An experiment as the controller knows it: what its StressChaos object says, and what was told in
// its status last. It decides nothing (decide.h does). Plain value and a pure function; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "controller/status.h"
#include "kube/custom_resources.h"
#include "spec/asked.h"
#include "spec/manifest.h"

namespace duress::controller {

inline constexpr std::string_view kFinalizer = "chaos-mesh/records";

struct ExperimentView {
  std::string ns{};
  std::string name{};
  std::string uid{};
  std::string version{};
  std::int64_t generation = 0;
  WallTime created{};
  bool deleting = false;
  bool forced = false;     // cleanFinalizer: forced
  bool preflight = false;  // whatever else its spec says: nothing is injected
  std::vector<std::string> finalizers{};
  spec::Asked asked{};
  spec::Manifest manifest{};
  std::string problem{};  // not empty: why the manifest is not carried out, and what is allowed
  Status status{};        // as told last

  [[nodiscard]] bool has_finalizer() const;
  [[nodiscard]] bool paused() const { return manifest.paused; }
  // Unset: it has no end.
  [[nodiscard]] std::optional<WallTime> deadline() const;
};

[[nodiscard]] ExperimentView experiment_view(const Json& stress_chaos);

}  // namespace duress::controller
