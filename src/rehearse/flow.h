// How a step on a connection that never blocks went. A value.
#pragma once

#include <cstdint>

namespace duress::rehearse {

enum class Flow : std::uint8_t { kGone, kWait, kMore };  // an error or the end; later; it was done

}  // namespace duress::rehearse
