// The subcommands of the plugin, once it is known what is asked and which cluster is meant: an exit
// code each. One thread.
#pragma once

#include <cstdio>
#include <functional>

#include "kubectl/session.h"
#include "os/fd.h"

namespace duress::kubectl {

struct Streams {
  std::FILE* out;
  std::FILE* err;
  const os::Fd& signals;  // of those that end what lasts
};

[[nodiscard]] int status(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int top(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int explain(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int run(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int preflight(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int report(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int stop(Session& session, const Arguments& arguments, const Streams& streams);
[[nodiscard]] int doctor(Session& session, const Arguments& arguments, const Streams& streams);

// Turns the reactor meanwhile, until `done` holds. True: a signal came.
[[nodiscard]] bool wait(Session& session, const Streams& streams, Duration most,
                        const std::function<bool()>& done = {});

// Says what went wrong; 1.
int complain(const Streams& streams, const std::string& message);

}  // namespace duress::kubectl
