// Kubernetes' quantities ("500m", "200Mi", "1e3") as a manifest's resources have them. They are
// stricter than a load's sizes (base/text.h): there "50m" is 50 MB, here it is a twentieth of a
// byte. Pure; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/units.h"

namespace duress::spec {

// k8s.io/apimachinery/pkg/api/resource, Quantity: in thousandths, rounded up; not negative.
[[nodiscard]] Result<std::int64_t> parse_quantity(std::string_view text);

// Whole bytes: "500Mi", "0.5Gi", "1e6". "500m", half a byte, is refused and what is meant named.
[[nodiscard]] Result<Bytes> parse_memory(std::string_view text);

// Whole thousandths of a core: "500m", "0.5", "2".
[[nodiscard]] Result<Cores> parse_cpu(std::string_view text);

}  // namespace duress::spec
