// Capabilities of this process: which there are, and giving all of them up. It never gains any. Any
// thread before others are started.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace duress::os {

// Whether capability number `capability` (CAP_IPC_LOCK ...) is effective now.
[[nodiscard]] bool has_capability(int capability);

// From here on no capability is left to this process; files are opened by its user alone.
[[nodiscard]] Result<> drop_capabilities();

}  // namespace duress::os
