#include "controller/experiment.h"

#include <algorithm>

#include "base/wall_time.h"
#include "spec/validate.h"

namespace duress::controller {

namespace {

using kube::find;
using kube::text_at;

constexpr std::string_view kPause = "/metadata/annotations/experiment.chaos-mesh.org~1pause";
constexpr std::string_view kForced =
    "/metadata/annotations/chaos-mesh.chaos-mesh.org~1cleanFinalizer";
constexpr std::size_t kMostProblem = 1024;

// What a user wrote of it, without what the API server and others have added.
Json written_part(const Json& object) {
  Json metadata{{"name", text_at(object, "/metadata/name")},
                {"namespace", text_at(object, "/metadata/namespace")}};
  if (const Json* pause = find(object, kPause))
    metadata["annotations"] = {{"experiment.chaos-mesh.org/pause", *pause}};
  Json out{{"apiVersion", "chaos-mesh.org/v1alpha1"},
           {"kind", "StressChaos"},
           {"metadata", std::move(metadata)}};
  if (const Json* spec = find(object, "/spec")) out["spec"] = *spec;
  return out;
}

std::string joined(const std::vector<spec::Problem>& problems) {
  std::string out;
  for (const spec::Problem& problem : problems)
    out += (out.empty() ? "" : "; ") + spec::format_problem(problem);
  if (out.size() > kMostProblem) out.resize(kMostProblem);
  return out;
}

void read_manifest(const Json& object, ExperimentView& out) {
  auto manifest = spec::parse_manifest(kube::to_text(written_part(object)));
  if (!manifest) {
    out.problem = joined(manifest.error());
    // A pause holds whatever else is wrong.
    out.manifest.paused = text_at(object, kPause) == "true";
    return;
  }
  out.manifest = std::move(*manifest);
  out.problem = joined(spec::validate(out.manifest.stressors));
}

}  // namespace

bool ExperimentView::has_finalizer() const {
  return std::ranges::find(finalizers, kFinalizer) != finalizers.end();
}

std::optional<WallTime> ExperimentView::deadline() const {
  // A preflight has an end of its own.
  if (preflight || !manifest.duration) return std::nullopt;
  // A duration that ends after the end of time has no end.
  if (*manifest.duration > WallTime::max() - created) return std::nullopt;
  return created + *manifest.duration;
}

ExperimentView experiment_view(const Json& stress_chaos) {
  ExperimentView out;
  out.ns = text_at(stress_chaos, "/metadata/namespace");
  out.name = text_at(stress_chaos, "/metadata/name");
  out.uid = text_at(stress_chaos, "/metadata/uid");
  out.version = text_at(stress_chaos, "/metadata/resourceVersion");
  out.generation = kube::number_at(stress_chaos, "/metadata/generation").value_or(0);
  out.created =
      parse_time(text_at(stress_chaos, "/metadata/creationTimestamp")).value_or(WallTime{});
  out.deleting = find(stress_chaos, "/metadata/deletionTimestamp") != nullptr;
  out.preflight = kube::is_true_at(stress_chaos, "/spec/preflight");
  out.forced = text_at(stress_chaos, kForced) == "forced";
  for (const Json& finalizer : kube::list_at(stress_chaos, "/metadata/finalizers"))
    if (finalizer.is_string()) out.finalizers.push_back(finalizer.get<std::string>());
  out.asked = spec::read_asked(stress_chaos);
  read_manifest(stress_chaos, out);
  if (const Json* status = find(stress_chaos, "/status")) out.status = read_status(*status);
  return out;
}

}  // namespace duress::controller
