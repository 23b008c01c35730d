#include "stress/outcome.h"

#include <algorithm>

namespace duress::stress {

void Range::add(double value) {
  least = count == 0 ? value : std::min(least, value);
  most = count == 0 ? value : std::max(most, value);
  ++count;
  mean += (value - mean) / static_cast<double>(count);
}

std::string_view name_of(EndReason reason) {
  switch (reason) {
    case EndReason::kDeadline:
      return "deadline";
    case EndReason::kSignal:
      return "signal";
    case EndReason::kTargetEnded:
      return "targetEnded";
    case EndReason::kStressorKilled:
      return "stressorKilled";
    case EndReason::kGuard:
      return "guard";
    case EndReason::kHeldUp:
      return "heldUp";
    case EndReason::kFailed:
      return "failed";
  }
  return "failed";
}

ExitCode Outcome::exit_code() const {
  if (!left_behind.empty()) return ExitCode::kLeftBehind;
  switch (reason) {
    case EndReason::kDeadline:
    case EndReason::kSignal:
      return ExitCode::kDone;
    case EndReason::kTargetEnded:
      return ExitCode::kTargetEnded;
    case EndReason::kStressorKilled:
      return ExitCode::kStressorKilled;
    case EndReason::kGuard:
      return ExitCode::kGuard;
    case EndReason::kHeldUp:
    case EndReason::kFailed:
      return ExitCode::kFailed;
  }
  return ExitCode::kFailed;
}

}  // namespace duress::stress
