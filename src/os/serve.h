// The life of a child that serves its maker: requests of one fixed type over a socketpair, and the
// ends of its own children. It answers nothing itself. For single-threaded processes; SIGCHLD is
// blocked and comes by the descriptor that is passed in.
#pragma once

#include <poll.h>

#include <cerrno>
#include <utility>
#include <vector>

#include "os/message.h"
#include "os/process.h"

namespace duress::os {

// Until the maker's end of the socket is closed. `handle` gets each request with its descriptors;
// `reap` is called when children may have ended, and before the next request.
template <class Request, class Handle, class Reap>
void serve(const Fd& socket, const Fd& child_signals, Handle handle, Reap reap) {
  while (true) {
    pollfd poll_fds[] = {{socket.get(), POLLIN, 0}, {child_signals.get(), POLLIN, 0}};
    if (::poll(poll_fds, 2, -1) < 0 && errno != EINTR) return;
    if ((poll_fds[1].revents & POLLIN) != 0) {
      while (next_signal(child_signals) != 0) {
      }
      reap();
    }
    if (poll_fds[0].revents == 0) continue;
    Request request;
    auto fds = receive(socket, request, false);
    if (!fds && fds.error().code == Code::kGone) return;
    if (fds) handle(request, std::move(*fds));
  }
}

}  // namespace duress::os
