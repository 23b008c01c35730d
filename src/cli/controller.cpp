#include "cli/controller.h"

#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "base/wall_time.h"
#include "cli/cluster_access.h"
#include "cli/controller_arguments.h"
#include "cli/metrics_page.h"
#include "controller/chaos_mesh.h"
#include "controller/controller.h"
#include "kube/await.h"
#include "os/poller.h"
#include "os/random_seed.h"

namespace duress::cli {

namespace {

constexpr auto kLeaseWithin = std::chrono::seconds(3);  // to give the lease back

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string replica_of(const ControllerArguments& arguments) {
  if (!arguments.replica.empty()) return arguments.replica;
  if (std::string pod = variable("POD_NAME"); !pod.empty()) return pod;
  std::array<char, 256> name{};
  if (::gethostname(name.data(), name.size() - 1) != 0) return "duress-controller";
  return name.data();
}

void tell(const Clock& clock, const std::string& line) {
  std::fprintf(stderr, "%s %s\n", format_time(clock.wall()).c_str(), line.c_str());
}

// Two controllers of one experiment would each undo what the other does.
Result<> refuse_beside_chaos_mesh(kube::Reactor& reactor, kube::Client& client,
                                  const Clock& clock) {
  const auto deployments = kube::await<kube::Json>(reactor, [&client](kube::Client::Done done) {
    return client.get(controller::deployments(), std::move(done),
                      {{"labelSelector", std::string(controller::kChaosMeshLabels)}});
  });
  if (!deployments) {
    if (deployments.error().reason != kube::Reason::kForbidden)
      return std::unexpected(deployments.error().plain());
    tell(clock,
         "cannot tell whether a Chaos Mesh serves StressChaos too: " + deployments.error().message);
    return {};
  }
  const std::string other = controller::serves_stress_chaos(*deployments);
  if (other.empty()) return {};
  return fail(Code::kRefused,
              "Chaos Mesh (Deployment " + other +
                  ") serves StressChaos in this cluster: leave it out of its enabled controllers "
                  "(helm upgrade with controllerManager.enabledControllers naming the others), or "
                  "uninstall it, then start this one again");
}

Result<> serve(const ControllerArguments& arguments) {
  const SystemClock clock;
  auto signals = os::signal_fd({SIGINT, SIGTERM, SIGHUP});
  if (!signals) return std::unexpected(signals.error());
  const auto access = cluster_access(arguments.kubeconfig, arguments.context);
  if (!access) return std::unexpected(access.error());
  auto reactor = kube::Reactor::make(clock);
  if (!reactor) return std::unexpected(reactor.error());
  auto client = kube::Client::make(**reactor, *access, os::random_seed());
  if (!client) return std::unexpected(client.error().plain());
  if (auto alone = refuse_beside_chaos_mesh(**reactor, **client, clock); !alone) return alone;

  const std::string lease_ns =
      arguments.lease_namespace.empty() ? access->ns : arguments.lease_namespace;
  controller::Controller controller(
      **client, {.ns = arguments.ns,
                 .identity = replica_of(arguments),
                 .lease = {kube::leases(), lease_ns, "duress-controller", ""},
                 .agents = arguments.agents,
                 .settings = {.release_timeout = arguments.release_timeout,
                              .namespace_filter = arguments.namespace_filter,
                              .bounds = arguments.bounds,
                              .recordings_kept = arguments.recordings_kept},
                 .tell = [&clock](const std::string& line) { tell(clock, line); }});
  auto page = serve_metrics(
      arguments.metrics,
      {.client = **client,
       .figures = [&controller] { return controller::figures_of(controller.state()); },
       .is_ready = [&controller] { return controller.is_synced(); }});
  if (!page) return std::unexpected(page.error());
  bool ended = false;
  kube::Handle give_up;
  auto on_signal = (*reactor)->when_ready(signals->get(), EPOLLIN, [&](std::uint32_t) {
    if (os::next_signal(*signals) == 0 || give_up) return;
    give_up = (*reactor)->after(kLeaseWithin, [&ended] { ended = true; });
    controller.stop([&ended] { ended = true; });
  });
  if (!on_signal) return std::unexpected(on_signal.error());
  while (!ended)
    if (auto turned = (*reactor)->turn(std::chrono::minutes(1)); !turned) return turned;
  return {};
}

int exit_code(const Error& error) {
  std::fprintf(stderr, "duress controller: %s\n", error.message.c_str());
  if (error.code == Code::kUsage) return 2;
  return error.code == Code::kRefused ? 3 : 1;
}

}  // namespace

int controller(const std::vector<std::string>& words) {
  const auto arguments = parse_controller_arguments(words);
  if (!arguments) return exit_code(arguments.error());
  if (arguments->help) {
    std::fputs(controller_help(), stdout);
    return 0;
  }
  const auto done = serve(*arguments);
  return done ? 0 : exit_code(done.error());
}

}  // namespace duress::cli
