#include "cli/crds.h"

#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "spec/crd.h"

namespace duress::cli {

namespace {

constexpr const char* kHelp =
    "duress crds [-o yaml|json|markdown]: the custom resources StressChaos and NodeStress\n\n"
    "  -o, --output     yaml (default) or json, for kubectl apply -f -; markdown: the reference "
    "of\n"
    "                   every field\n\n"
    "The chart brings them. Without it: duress crds | kubectl apply --server-side -f -";

std::string json_text() {
  const nlohmann::ordered_json both = {
      {"apiVersion", "v1"},
      {"kind", "List"},
      {"items",
       nlohmann::ordered_json::array({spec::stress_chaos_crd(), spec::node_stress_crd()})}};
  return both.dump(2) + "\n";
}

int refuse(const std::string& message) {
  std::fprintf(stderr, "duress crds: %s\n", message.c_str());
  return 2;
}

}  // namespace

int crds(const std::vector<std::string>& arguments) {
  std::string format = "yaml";
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--help" || word == "-h") {
      std::puts(kHelp);
      return 0;
    }
    if (word.starts_with("--output=")) {
      format = word.substr(word.find('=') + 1);
    } else if ((word == "-o" || word == "--output") && i + 1 < arguments.size()) {
      format = arguments[++i];
    } else {
      return refuse("unexpected " + duress::quoted(word) + ": see duress crds --help");
    }
  }
  if (format != "yaml" && format != "json" && format != "markdown") {
    return refuse("-o: " + duress::quoted(format) + " is not allowed: yaml, json or markdown");
  }
  const std::string text = format == "yaml"   ? spec::crds_yaml()
                           : format == "json" ? json_text()
                                              : spec::reference_markdown();
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace duress::cli
