// A probe as a flag of `duress rehearse` says it: "http://:8080/healthz", "tcp://:8080",
// "grpc://:9000/service", "exec:cat /ok". Times and thresholds are Kubernetes' defaults. Pure; any
// thread.
#pragma once

#include <string_view>

#include "base/error.h"
#include "spec/probe.h"

namespace duress::cli {

[[nodiscard]] Result<spec::Probe> parse_probe_flag(std::string_view text);

}  // namespace duress::cli
