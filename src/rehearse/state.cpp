#include "rehearse/state.h"

namespace duress::rehearse {

std::string_view name_of(Phase phase) {
  constexpr std::string_view kNames[] = {"Pending", "Running", "Succeeded", "Failed"};
  return kNames[static_cast<std::size_t>(phase)];
}

std::string_view name_of(Stage stage) {
  constexpr std::string_view kNames[] = {"Waiting", "Running", "Terminated"};
  return kNames[static_cast<std::size_t>(stage)];
}

std::string_view name_of(ProbeKind kind) {
  constexpr std::string_view kNames[] = {"Startup", "Liveness", "Readiness"};
  return kNames[static_cast<std::size_t>(kind)];
}

std::string_view name_of(ProbeOutcome done) {
  constexpr std::string_view kNames[] = {"success", "failure", "error"};
  return kNames[static_cast<std::size_t>(done)];
}

std::string_view name_of(Role role) {
  constexpr std::string_view kNames[] = {"init", "sidecar", "container"};
  return kNames[static_cast<std::size_t>(role)];
}

}  // namespace duress::rehearse
