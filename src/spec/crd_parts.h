// The parts that crd.cpp puts together. Not for anybody else. Pure; any thread.
#pragma once

#include "spec/schema.h"

namespace duress::spec {

// spec.stressors, with its rules.
[[nodiscard]] schema::Json stressors_schema();
// spec.guards
[[nodiscard]] schema::Json guards_schema();
// spec of a StressChaos, with its rules.
[[nodiscard]] schema::Json experiment_schema();
[[nodiscard]] schema::Json experiment_status_schema();
[[nodiscard]] schema::Json node_order_schema();
[[nodiscard]] schema::Json node_report_schema();
[[nodiscard]] schema::Json recording_schema();
// Of what is measured of a container, in both objects.
[[nodiscard]] schema::Json preflight_schema();

}  // namespace duress::spec
