// Loads as the text of a StressChaos manifest, which parse_manifest() reads back as the same loads:
// how one part of Duress hands them to another. It says nothing of whom they are for. Pure; any
// thread.
#pragma once

#include <string>

#include "spec/load.h"

namespace duress::spec {

[[nodiscard]] std::string manifest_text(const Stressors& loads, const std::string& name);

// The same as flags of `duress run`, fit for a shell; options for stress-ng have no flag and are
// left out.
[[nodiscard]] std::string flags_text(const Stressors& loads);

}  // namespace duress::spec
