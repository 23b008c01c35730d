#include "kubectl/experiment_object.h"

#include "spec/manifest_text.h"

namespace duress::kubectl {

namespace {

std::string mode_text(spec::PickMode mode) {
  switch (mode) {
    case spec::PickMode::kOne:
      return "one";
    case spec::PickMode::kFixed:
      return "fixed";
    case spec::PickMode::kFixedPercent:
      return "fixed-percent";
    case spec::PickMode::kRandomMaxPercent:
      return "random-max-percent";
    case spec::PickMode::kAll:
      break;
  }
  return "all";
}

}  // namespace

kube::Json experiment_object(const Arguments& arguments, const std::string& ns) {
  kube::Json out = kube::parse_json(spec::manifest_text(arguments.loads, arguments.name));
  out["metadata"] = {{"namespace", ns}};
  if (arguments.name.empty()) {
    out["metadata"]["generateName"] = "duress-";
  } else {
    out["metadata"]["name"] = arguments.name;
  }
  kube::Json& spec = out["spec"];
  const spec::Selection& selection = arguments.selection;
  spec["mode"] = mode_text(selection.mode);
  if (selection.value > 0) spec["value"] = std::to_string(selection.value);
  spec["selector"] = {{"namespaces", {ns}}, {"labelSelectors", selection.selector.labels}};
  if (!selection.container_names.empty()) spec["containerNames"] = selection.container_names;
  if (arguments.duration) spec["duration"] = format_duration(*arguments.duration);
  return out;
}

}  // namespace duress::kubectl
