// Names that nobody else has: a Pod's UID and a container's ID, as Kubernetes and containerd make
// them. Random; any thread.
#pragma once

#include <string>

namespace duress::rehearse {

[[nodiscard]] std::string new_uid();           // "0f3b...-....", a UUID of version 4
[[nodiscard]] std::string new_container_id();  // 64 hexadecimal digits

}  // namespace duress::rehearse
