// The recordings of an experiment's containers as one report: objects of the cluster taken apart,
// judged, and made a page, a text or JSON. It asks no cluster and writes no file. Pure; any thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "base/clock.h"
#include "explain/verdict.h"
#include "kube/json.h"
#include "observe/recording.h"
#include "spec/recording_object.h"

namespace duress::kubectl {

struct ReportContainer {
  spec::RecordingObject object{};
  observe::Recording recording{};
  explain::Verdict verdict{};
};

struct MissingContainer {
  std::string id{};
  std::string why{};
};

struct ExperimentReport {
  std::string ns{};
  std::string name{};
  std::vector<ReportContainer> containers{};  // in the order of the experiment's records
  std::vector<MissingContainer> missing{};
};

// Of `objects`, those that answer the request of that time. `ids`: the experiment's containers.
[[nodiscard]] ExperimentReport report_of(const std::vector<std::string>& ids,
                                         const std::vector<kube::Json>& objects, WallTime asked);
// So many of the containers have not been answered for.
[[nodiscard]] std::size_t unanswered(const std::vector<std::string>& ids,
                                     const std::vector<kube::Json>& objects, WallTime asked);

// "shop/a/app: why", a line each.
[[nodiscard]] std::vector<std::string> missing_sentences(const ExperimentReport& report);
[[nodiscard]] std::string report_html(const ExperimentReport& report);
[[nodiscard]] std::string report_text(const ExperimentReport& report, std::size_t columns);
// docs/json.md.
[[nodiscard]] nlohmann::ordered_json report_json(const ExperimentReport& report);

}  // namespace duress::kubectl
