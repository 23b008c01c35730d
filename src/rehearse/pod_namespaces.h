// The namespaces that the containers of one Pod share: network, host name, System V IPC; and the
// directories and tmpfs of its volumes. Made by the runtime process, which steps into new ones and
// back for it; owned there; one thread.
#pragma once

#include "base/error.h"
#include "os/fd.h"
#include "rehearse/runtime_plan.h"

namespace duress::rehearse {

struct PodNamespaces {
  os::Fd network{};
  os::Fd names{};
  os::Fd ipc{};
};

// A network of its own: loopback, which also has the Pod's address, and no way out.
[[nodiscard]] Result<PodNamespaces> make_namespaces(const PlannedPod& pod);
[[nodiscard]] Result<> make_volumes(const PlannedPod& pod);

// A non-blocking TCP socket in that network.
[[nodiscard]] Result<os::Fd> socket_in(const os::Fd& network, bool ipv6);

}  // namespace duress::rehearse
