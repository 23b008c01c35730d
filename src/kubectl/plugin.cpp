#include "kubectl/plugin.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "kubectl/commands.h"
#include "os/process.h"
#include "os/random_seed.h"

namespace duress::kubectl {

namespace {

std::string variable(const char* name) {
  const char* const value = std::getenv(name);
  return value != nullptr ? value : "";
}

int carry_out(Session& session, const Arguments& arguments, const Streams& streams) {
  switch (arguments.command) {
    case Command::kStatus:
      return status(session, arguments, streams);
    case Command::kTop:
      return top(session, arguments, streams);
    case Command::kExplain:
      return explain(session, arguments, streams);
    case Command::kRun:
      return run(session, arguments, streams);
    case Command::kPreflight:
      return preflight(session, arguments, streams);
    case Command::kReport:
      return report(session, arguments, streams);
    case Command::kStop:
      return stop(session, arguments, streams);
    case Command::kDoctor:
      return doctor(session, arguments, streams);
    case Command::kHelp:
      break;
  }
  std::fputs(help().c_str(), streams.out);
  return 0;
}

}  // namespace

int plugin(const std::vector<std::string>& words) {
  auto arguments = parse_arguments(words);
  if (!arguments) {
    std::fprintf(stderr, "%s\n", arguments.error().message.c_str());
    return 2;
  }
  if (arguments->command == Command::kHelp) {
    std::fputs(help().c_str(), stdout);
    return 0;
  }
  const SystemClock clock;
  auto session = Session::open({.clock = clock,
                                .variable = variable("KUBECONFIG"),
                                .home = variable("HOME"),
                                .seed = os::random_seed()},
                               *arguments);
  if (!session) {
    std::fprintf(stderr, "kubectl duress: %s\n", session.error().message.c_str());
    return 1;
  }
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) {
    std::fprintf(stderr, "kubectl duress: %s\n", signals.error().message.c_str());
    return 1;
  }
  return carry_out(**session, *arguments, {.out = stdout, .err = stderr, .signals = *signals});
}

}  // namespace duress::kubectl
