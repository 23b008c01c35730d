#include "cli/crds.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "base/text.h"
#include "cli/cluster_access.h"
#include "kube/await.h"
#include "spec/crd.h"

namespace duress::cli {

namespace {

constexpr const char* kHelp =
    "duress crds [-o yaml|json|markdown]: the custom resources of Duress\n"
    "duress crds --check [--kubeconfig FILE]\n\n"
    "  -o, --output     yaml (default) or json, for kubectl apply -f -; markdown: the reference "
    "of\n"
    "                   every field\n"
    "  --check          whether the cluster has those of this version: 0 yes, 1 no\n"
    "  --kubeconfig     how to reach the cluster (default: the Pod's own account, KUBECONFIG,\n"
    "                   ~/.kube/config)\n\n"
    "The chart brings them. Without it: duress crds | kubectl apply --server-side -f -";

std::string json_text() {
  const nlohmann::ordered_json both = {
      {"apiVersion", "v1"}, {"kind", "List"}, {"items", spec::all_crds()}};
  return both.dump(2) + "\n";
}

int complain(const std::string& message, int code) {
  std::fprintf(stderr, "duress crds: %s\n", message.c_str());
  return code;
}

// Whether all that `ours` says is so in `theirs`, where the server adds what it likes.
bool is_within(const kube::Json& ours, const kube::Json& theirs) {
  if (ours.is_object() && theirs.is_object()) {
    return std::ranges::all_of(ours.items(), [&](const auto& member) {
      const auto found = theirs.find(member.key());
      return found != theirs.end() && is_within(member.value(), *found);
    });
  }
  if (!ours.is_array() || !theirs.is_array()) return ours == theirs;
  return std::ranges::equal(ours, theirs, is_within);
}

// Empty: it is as it should be.
std::string difference(kube::Client& client, const nlohmann::ordered_json& crd) {
  const kube::Json ours = kube::parse_json(crd.dump());
  const std::string name = kube::text_at(ours, "/metadata/name");
  const auto theirs = kube::await<kube::Json>(client.reactor(), [&](kube::Client::Done done) {
    return client.get({kube::custom_resource_definitions(), "", name, ""}, std::move(done));
  });
  if (!theirs) return theirs.error().message;
  const auto* const spec = kube::find(*theirs, "/spec/versions");
  if (spec != nullptr && is_within(*kube::find(ours, "/spec/versions"), *spec)) return "";
  return name + " is of another version of Duress: run duress crds | kubectl apply --server-side " +
         "--force-conflicts -f -, or upgrade the release";
}

int check(const std::string& kubeconfig) {
  const SystemClock clock;
  const auto access = cluster_access(kubeconfig);
  if (!access) return complain(access.error().message, 2);
  const auto reactor = kube::Reactor::make(clock);
  if (!reactor) return complain(reactor.error().message, 1);
  const auto client = kube::Client::make(**reactor, *access, 1);
  if (!client) return complain(client.error().message, 1);
  int code = 0;
  for (const auto& crd : spec::all_crds()) {
    const std::string wrong = difference(**client, crd);
    if (!wrong.empty()) code = complain(wrong, 1);
  }
  if (code == 0) std::puts("the cluster has the custom resources of duress " DURESS_VERSION);
  return code;
}

int print(const std::string& format) {
  if (format != "yaml" && format != "json" && format != "markdown") {
    return complain("-o: " + duress::quoted(format) + " is not allowed: yaml, json or markdown", 2);
  }
  const std::string text = format == "yaml"   ? spec::crds_yaml()
                           : format == "json" ? json_text()
                                              : spec::reference_markdown();
  std::fputs(text.c_str(), stdout);
  return 0;
}

}  // namespace

int crds(const std::vector<std::string>& arguments) {
  std::string format = "yaml";
  std::string kubeconfig;
  bool checks = false;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    const std::string name = word.substr(0, word.find('='));
    const bool has_value = name.size() < word.size() || i + 1 < arguments.size();
    const auto value = [&] {
      return name.size() < word.size() ? word.substr(name.size() + 1) : arguments[++i];
    };
    if (word == "--help" || word == "-h") {
      std::puts(kHelp);
      return 0;
    }
    if (word == "--check") {
      checks = true;
    } else if ((name == "-o" || name == "--output") && has_value) {
      format = value();
    } else if (name == "--kubeconfig" && has_value) {
      kubeconfig = value();
    } else {
      return complain("unexpected " + duress::quoted(word) + ": see duress crds --help", 2);
    }
  }
  return checks ? check(kubeconfig) : print(format);
}

}  // namespace duress::cli
