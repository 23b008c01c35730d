#include "cli/metrics_page.h"

namespace duress::cli {

Result<std::unique_ptr<metrics::Server>> serve_metrics(kube::Reactor& reactor,
                                                       const std::string& address,
                                                       MetricsPage page) {
  if (address.empty()) return nullptr;
  auto server = metrics::Server::listen(
      reactor, address, [page = std::move(page)](const std::string& path) -> metrics::Page {
        if (path == "/metrics") return {200, metrics::exposition(page.figures())};
        if (path == "/healthz") return {200, "ok\n"};
        if (path == "/readyz" && page.is_ready()) return {200, "ok\n"};
        if (path == "/readyz") return {503, "not ready: the API server has not told all yet\n"};
        return {404, "there are /metrics, /healthz and /readyz\n"};
      });
  if (!server) return std::unexpected(server.error().context("--metrics"));
  return server;
}

}  // namespace duress::cli
