#include "cli/controller_arguments.h"

#include <algorithm>
#include <array>

#include "base/flag_word.h"
#include "cli/flag_values.h"

namespace duress::cli {

namespace {

struct Flag {
  std::string_view name;
  std::string ControllerArguments::* text;
};
constexpr std::array<Flag, 7> kTexts = {
    {{"--kubeconfig", &ControllerArguments::kubeconfig},
     {"--context", &ControllerArguments::context},
     {"--namespace", &ControllerArguments::ns},
     {"--lease-namespace", &ControllerArguments::lease_namespace},
     {"--agents", &ControllerArguments::agents},
     {"--replica", &ControllerArguments::replica},
     {"--metrics", &ControllerArguments::metrics}}};
struct Switch {
  std::string_view name;
  bool& (*of)(ControllerArguments&);
};
constexpr std::array<Switch, 4> kSwitches = {
    {{"--namespace-filter", [](ControllerArguments& to) -> bool& { return to.namespace_filter; }},
     {"--allow-node-critical",
      [](ControllerArguments& to) -> bool& { return to.bounds.node_critical; }},
     {"--allow-static-pods",
      [](ControllerArguments& to) -> bool& { return to.bounds.static_pods; }},
     {"--allow-host-pid", [](ControllerArguments& to) -> bool& { return to.bounds.host_pid; }}}};
struct TimeFlag {
  std::string_view name;
  Duration ControllerArguments::* time;
  std::string_view example;
};
constexpr std::array<TimeFlag, 2> kTimes = {
    {{"--release-timeout", &ControllerArguments::release_timeout, "75s"},
     {"--recordings-kept", &ControllerArguments::recordings_kept, "1h"}}};
constexpr std::string_view kProtected = "--protected-namespaces";
constexpr std::string_view kMostTargets = "--most-targets";
constexpr std::array<std::string_view, 16> kAll = {"--kubeconfig",
                                                   "--context",
                                                   "--namespace",
                                                   "--namespace-filter",
                                                   "--release-timeout",
                                                   "--recordings-kept",
                                                   "--lease-namespace",
                                                   "--agents",
                                                   "--replica",
                                                   "--metrics",
                                                   "--allow-node-critical",
                                                   "--allow-static-pods",
                                                   "--allow-host-pid",
                                                   kProtected,
                                                   kMostTargets,
                                                   "--help"};

std::set<std::string> names_of(std::string_view list) {
  std::set<std::string> out;
  while (!list.empty()) {
    const std::size_t comma = list.find(',');
    const std::string_view name = trim(list.substr(0, comma));
    if (!name.empty()) out.emplace(name);
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
  }
  return out;
}

class Parser final {
 public:
  Result<ControllerArguments> parse(const std::vector<std::string>& words) {
    for (std::size_t i = 0; i < words.size(); ++i) {
      auto [name, value] = FlagWord(words[i]);
      if (take_switch(name, value)) continue;
      if (std::ranges::find(kAll, name) == kAll.end()) {
        unknown(name);
        continue;
      }
      if (!value && i + 1 < words.size()) value = words[++i];
      if (!value || value->empty()) {
        wrong_ += name + ": a value is missing\n";
        continue;
      }
      take(name, *value);
    }
    if (wrong_.empty() || out_.help) return out_;
    wrong_.pop_back();
    return fail(Code::kUsage, wrong_);
  }

 private:
  bool take_switch(const std::string& name, const std::optional<std::string>& value) {
    if (name == "--help" || name == "-h") return out_.help = true;
    const auto* const flag = std::ranges::find(kSwitches, name, &Switch::name);
    if (flag == kSwitches.end()) return false;
    flag->of(out_) = !value || *value == "true";
    if (value && *value != "true" && *value != "false")
      wrong_ += name + ": " + quoted(*value) + " is not allowed: true or false\n";
    return true;
  }

  void unknown(const std::string& name) {
    const auto near = nearest(name, kAll);
    wrong_ += "unknown " + quoted(name) + ": " +
              (near ? "did you mean " + std::string(*near) + "?" : "see duress controller --help") +
              "\n";
  }

  void take(const std::string& name, const std::string& value) {
    if (const auto* const flag = std::ranges::find(kTexts, name, &Flag::name);
        flag != kTexts.end()) {
      out_.*(flag->text) = value;
      return;
    }
    if (name == kProtected) out_.bounds.protected_spaces = names_of(value);
    if (name == kMostTargets) take_most_targets(value);
    const auto* const flag = std::ranges::find(kTimes, name, &TimeFlag::name);
    if (flag == kTimes.end()) return;
    const auto duration = parse_duration(value);
    if (duration && duration->count() > 0)
      out_.*(flag->time) = *duration;
    else
      wrong_ += name + ": " + quoted(value) + " is not allowed: a duration above 0, e.g. " +
                std::string(flag->example) + "\n";
  }

  void take_most_targets(const std::string& value) {
    const auto most = parse_most(std::string(kMostTargets), value);
    if (most)
      out_.bounds.targets = *most;
    else
      wrong_ += most.error().message + "\n";
  }

  ControllerArguments out_;
  std::string wrong_;
};

}  // namespace

Result<ControllerArguments> parse_controller_arguments(const std::vector<std::string>& words) {
  return Parser().parse(words);
}

const char* controller_help() {
  return "duress controller: turn the StressChaos experiments of a cluster into orders for its "
         "nodes\n"
         "\n"
         "  --kubeconfig FILE           how to reach the cluster (default: as the Pod that it runs "
         "in, else\n"
         "                              KUBECONFIG or ~/.kube/config)\n"
         "  --context NAME              of the kubeconfig (default: its current one)\n"
         "  --namespace NAME            look at experiments and Pods of this namespace alone "
         "(default: all)\n"
         "  --namespace-filter          stress only in namespaces with the annotation\n"
         "                              chaos-mesh.org/inject: enabled\n"
         "  --release-timeout DURATION  go on without a node that does not answer an order to stop "
         "(default: 75s,\n"
         "                              by when its agent has released by itself)\n"
         "  --protected-namespaces A,B  never stress Pods of these namespaces\n"
         "  --most-targets N            carry out no experiment with more containers (default: 0, "
         "any "
         "number)\n"
         "  --allow-node-critical       stress Pods of priority 2000000000 or above too "
         "(system-node-critical,\n"
         "                              system-cluster-critical)\n"
         "  --allow-static-pods         stress Pods too that a kubelet has from files\n"
         "  --allow-host-pid            stress Pods with hostPID: true too\n"
         "  --recordings-kept DURATION  how long the objects of recordings stay that were asked "
         "for, "
         "and the orders\n"
         "                              of an experiment that is over (default: 1h, as long as "
         "agents keep the files)\n"
         "  --lease-namespace NAME      of the lease duress-controller, by which replicas agree on "
         "one that acts\n"
         "                              (default: the Pod's, or the context's)\n"
         "  --agents LABELS             the agents' Pods in that namespace, e.g. "
         "app.kubernetes.io/component=agent: a node\n"
         "                              whose agent does not run counts as not stressed (default: "
         "not looked at)\n"
         "  --replica NAME              what this one is called there (default: POD_NAME, or the "
         "host's name)\n"
         "  --metrics ADDRESS:PORT      answer /metrics, /healthz and /readyz there (default: "
         "nothing listens)\n"
         "  --help                      print this\n"
         "\n"
         "Exit codes: 0 ended by SIGTERM or SIGINT (experiments go on), 1 failed, 2 usage, 3 "
         "refused\n";
}

}  // namespace duress::cli
