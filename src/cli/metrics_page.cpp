#include "cli/metrics_page.h"

namespace duress::cli {

namespace {

metrics::Family api_errors(const kube::Client& client) {
  metrics::Family out{"duress_api_errors_total",
                      "requests that the API server refused or did not "
                      "answer",
                      metrics::Type::kCounter,
                      {}};
  for (const auto& [reason, count] : client.errors())
    out.samples.push_back({{{"reason", std::string(name_of(reason))}}, static_cast<double>(count)});
  return out;
}

}  // namespace

Result<std::unique_ptr<metrics::Server>> serve_metrics(const std::string& address,
                                                       MetricsPage page) {
  if (address.empty()) return nullptr;
  const kube::Client& client = page.client;
  auto server =
      metrics::Server::listen(client.reactor(), address,
                              [page = std::move(page)](const std::string& path) -> metrics::Page {
                                if (path == "/metrics") {
                                  std::vector<metrics::Family> all = page.figures();
                                  all.push_back(api_errors(page.client));
                                  return {200, metrics::exposition(all)};
                                }
                                if (path == "/healthz") return {200, "ok\n"};
                                if (path == "/readyz" && page.is_ready()) return {200, "ok\n"};
                                if (path == "/readyz")
                                  return {503, "not ready: the API server has not told all yet\n"};
                                return {404, "there are /metrics, /healthz and /readyz\n"};
                              });
  if (!server) return std::unexpected(server.error().context("--metrics"));
  return server;
}

}  // namespace duress::cli
