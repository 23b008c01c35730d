// A StressChaos manifest (chaos-mesh.org/v1alpha1, YAML or JSON) as a value. It checks every field
// by itself, and leaves to validate.h what several of them together mean, because flags may come on
// top. Plain value and a pure function; any thread.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "spec/load.h"
#include "spec/problem.h"
#include "spec/selection.h"
#include "spec/validate.h"
#include "spec/yaml_tree.h"

namespace duress::spec {

struct Manifest {
  std::string name;
  std::string ns;  // metadata.namespace
  Stressors stressors;
  std::optional<Duration> duration;  // unset: no end
  bool selector_given = false;       // selector, mode or containerNames
  std::string selector_summary;      // "namespaces hello-kubernetes, mode all"
  Selection selection;               // as the manifest has it; without a mode, all
  bool again = true;                 // restart: again; end: a restarted container is left alone
  bool preflight = false;            // nothing is injected: it is foretold what would become
  bool paused = false;               // experiment.chaos-mesh.org/pause: "true"
  std::vector<std::string> notes;  // what is meant where the manifest is silent or says two things
};

// Everything that is wrong, up to a screenful.
[[nodiscard]] std::expected<Manifest, std::vector<Problem>> parse_manifest(std::string_view text);

// The same of a document that is read already.
[[nodiscard]] std::expected<Manifest, std::vector<Problem>> read_manifest(const YamlNode& root);

}  // namespace duress::spec
