// What a daemon answers to whoever looks after it: /metrics, /healthz and /readyz. Nothing listens
// where no address is given. One thread; the functions are called from within the reactor's turn.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kube/client.h"
#include "metrics/exposition.h"
#include "metrics/server.h"

namespace duress::cli {

struct MetricsPage {
  const kube::Client& client;  // whose errors are told
  std::function<std::vector<metrics::Family>()> figures{};
  std::function<bool()> is_ready{};
};

// Null where `address` is empty.
[[nodiscard]] Result<std::unique_ptr<metrics::Server>> serve_metrics(const std::string& address,
                                                                     MetricsPage page);

}  // namespace duress::cli
