// The flags of `duress controller` as values. They are not checked against a cluster. Pure; any
// thread.
#pragma once

#include <string>
#include <vector>

#include "base/error.h"
#include "base/text.h"
#include "controller/bounds.h"

namespace duress::cli {

struct ControllerArguments {
  std::string kubeconfig{};  // empty: the Pod's own access, or the usual files
  std::string context{};
  std::string ns{};  // empty: all
  bool namespace_filter = false;
  Duration release_timeout = std::chrono::seconds(75);
  Duration recordings_kept = std::chrono::hours(1);
  std::string lease_namespace{};  // empty: the Pod's, or the context's
  std::string agents{};           // labels of their Pods there; empty: they are not looked at
  std::string replica{};          // empty: POD_NAME, or the host's name
  std::string metrics{};          // where to listen; empty: nowhere
  controller::Bounds bounds{};
  bool help = false;
};

// kUsage: everything that is wrong, one line each.
[[nodiscard]] Result<ControllerArguments> parse_controller_arguments(
    const std::vector<std::string>& words);

[[nodiscard]] const char* controller_help();

}  // namespace duress::cli
