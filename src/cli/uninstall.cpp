#include "cli/uninstall.h"

#include <algorithm>
#include <cstdio>
#include <functional>
#include <thread>

#include "base/text.h"
#include "cli/cluster_access.h"
#include "kube/await.h"
#include "kube/custom_resources.h"
#include "kube/edit.h"

namespace duress::cli {

namespace {

using kube::Answer;
using kube::Json;
using kube::Place;

constexpr const char* kHelp =
    "duress uninstall [--namespace NS] [--timeout DURATION] [--kubeconfig FILE]\n\n"
    "  Ends the controller, has every agent release all stress, removes the NodeStress and\n"
    "  Recording objects, pauses every experiment and takes the finalizer of Duress off it. The "
    "experiments stay.\n\n"
    "  --namespace      where Duress is installed (default: duress-system)\n"
    "  --timeout        how long to wait for the agents (default: 60s)\n"
    "  --kubeconfig     how to reach the cluster (default: the Pod's own account, KUBECONFIG,\n"
    "                   ~/.kube/config)\n\n"
    "The chart calls it before it is removed; a release of plain manifests is yours to prepare so.";

constexpr const char* kFinalizer = "chaos-mesh/records";
constexpr const char* kPause = "experiment.chaos-mesh.org/pause";
constexpr const char* kController = "duress-controller";
constexpr auto kLook = std::chrono::milliseconds(500);

struct Arguments {
  std::string ns = "duress-system";
  std::string kubeconfig{};
  Duration timeout = std::chrono::seconds(60);
  bool help = false;
};

Result<Arguments> parse(const std::vector<std::string>& words) {
  Arguments out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string name = words[i].substr(0, words[i].find('='));
    if (name == "--help" || name == "-h") {
      out.help = true;
      return out;
    }
    if (name != "--namespace" && name != "--timeout" && name != "--kubeconfig")
      return fail(Code::kUsage,
                  "unexpected " + duress::quoted(words[i]) + ": see duress uninstall --help");
    const bool inside = name.size() < words[i].size();
    if (!inside && i + 1 == words.size()) return fail(Code::kUsage, name + ": a value is missing");
    const std::string value = inside ? words[i].substr(name.size() + 1) : words[++i];
    if (name == "--timeout") {
      const auto timeout = parse_duration(value);
      if (!timeout || timeout->count() < 0)
        return fail(Code::kUsage, "--timeout: " + duress::quoted(value) +
                                      " is not allowed: a duration of 0s or more such as 60s");
      out.timeout = *timeout;
    } else {
      (name == "--namespace" ? out.ns : out.kubeconfig) = value;
    }
  }
  return out;
}

Place of(const kube::Resource& resource, const std::string& ns, const std::string& name) {
  return {resource, ns, name, ""};
}
kube::Resource deployments() { return {"apps", "v1", "deployments", true}; }

class Uninstaller {
 public:
  Uninstaller(kube::Client& client, const Arguments& arguments)
      : client_(client),
        arguments_(arguments),
        until_(client.reactor().now() + arguments.timeout) {}

  int go() {
    end_controller();
    stop_orders();
    remove_orders();
    remove_recordings();
    free_experiments();
    if (!failed_) std::puts("all stress is released; the experiments are paused and stay");
    return failed_ ? 1 : 0;
  }

 private:
  Answer<Json> ask(const std::function<kube::Pending(kube::Client::Done)>& begin) {
    return kube::await<Json>(client_.reactor(), begin);
  }
  Answer<Json> get(const Place& place, const kube::Query& query = {}) {
    return ask([&](kube::Client::Done done) { return client_.get(place, std::move(done), query); });
  }
  Answer<Json> patch(const Place& place, const Json& change) {
    return ask(
        [&](kube::Client::Done done) { return client_.patch(place, change, {}, std::move(done)); });
  }

  // What is not there is as it should be.
  bool is_done(const Answer<Json>& answer, const std::string& what) {
    if (answer || answer.error().reason == kube::Reason::kNotFound) return true;
    tell(what + ": " + answer.error().message);
    return false;
  }
  void tell(const std::string& what) {
    std::fprintf(stderr, "duress uninstall: %s\n", what.c_str());
    failed_ = true;
  }

  std::vector<Json> list(const Place& place, const kube::Query& query = {}) {
    const auto all = get(place, query);
    if (!is_done(all, "look for " + words_of(place)) || !all) return {};
    return kube::list_at(*all, "/items");
  }

  bool wait_until(const std::function<bool()>& holds) {
    while (!holds()) {
      if (client_.reactor().now() >= until_) return false;
      std::this_thread::sleep_for(kLook);
    }
    return true;
  }

  // One that works would give the orders anew.
  void end_controller() {
    const auto scaled =
        patch(of(deployments(), arguments_.ns, kController), {{"spec", {{"replicas", 0}}}});
    if (!is_done(scaled, "end the controller") || !scaled) return;
    const kube::Query ours = {{"labelSelector",
                               "app.kubernetes.io/name=duress,"
                               "app.kubernetes.io/component=controller"}};
    const bool ended =
        wait_until([&] { return list(of(kube::pods(), arguments_.ns, ""), ours).empty(); });
    if (!ended) tell("the controller's Pods do not end: delete them, and run this again");
  }

  void stop_orders() {
    for (const Json& order : list(of(kube::node_stresses(), "", ""))) {
      const std::string name = kube::text_at(order, "/metadata/name");
      is_done(patch(of(kube::node_stresses(), "", name), {{"spec", {{"desiredPhase", "Stop"}}}}),
              "stop " + name);
    }
  }

  static bool is_released(const Json& order) {
    return kube::is_true_at(order, "/status/released") &&
           kube::number_at(order, "/status/observedGeneration") ==
               kube::number_at(order, "/metadata/generation");
  }

  void remove_orders() {
    static_cast<void>(wait_until(
        [&] { return std::ranges::all_of(list(of(kube::node_stresses(), "", "")), is_released); }));
    for (const Json& order : list(of(kube::node_stresses(), "", ""))) {
      const std::string name = kube::text_at(order, "/metadata/name");
      if (!is_released(order))
        tell("node " + kube::text_at(order, "/spec/nodeName") +
             " has not confirmed its release; its agent releases when the order is gone, or when "
             "it has had no contact for a while");
      is_done(ask([&](kube::Client::Done done) {
                return client_.remove(of(kube::node_stresses(), "", name), nullptr,
                                      std::move(done));
              }),
              "remove " + name);
    }
  }

  // Nobody removes them an hour later any more. A page at a time: each has some 64 KiB.
  void remove_recordings() {
    while (true) {
      const auto page = list(of(kube::recordings(), "", ""), {{"limit", "20"}});
      for (const Json& one : page) {
        const std::string ns = kube::text_at(one, "/metadata/namespace");
        const std::string name = kube::text_at(one, "/metadata/name");
        const auto removed = ask([&](kube::Client::Done done) {
          return client_.remove(of(kube::recordings(), ns, name), nullptr, std::move(done));
        });
        if (!is_done(removed, "remove the recording " + ns + "/" + name)) return;
      }
      if (page.empty() || client_.reactor().now() >= until_) return;
    }
  }

  // Read again where somebody else wrote meanwhile.
  void free_experiments() {
    for (const Json& experiment : list(of(kube::stress_chaos(), "", ""))) {
      const std::string ns = kube::text_at(experiment, "/metadata/namespace");
      const std::string name = kube::text_at(experiment, "/metadata/name");
      kube::Edit edit{.place = of(kube::stress_chaos(), ns, name), .decide = freed};
      std::optional<Answer<Json>> answer;
      const kube::Editing editing(client_, std::move(edit),
                                  [&](auto got) { answer = std::move(got); });
      while (!answer && client_.reactor().turn(std::chrono::seconds(1))) {
      }
      if (answer) is_done(*answer, "take the finalizer off " + ns + "/" + name);
    }
  }

  // Paused: else it would begin anew with the next installation.
  static Json freed(const Json& experiment) {
    Json finalizers = Json::array();
    for (const Json& one : kube::list_at(experiment, "/metadata/finalizers"))
      if (one != kFinalizer) finalizers.push_back(one);
    return {{"metadata", {{"finalizers", finalizers}, {"annotations", {{kPause, "true"}}}}}};
  }

  kube::Client& client_;
  const Arguments& arguments_;
  Instant until_;
  bool failed_ = false;
};

int complain(const std::string& message, int code) {
  std::fprintf(stderr, "duress uninstall: %s\n", message.c_str());
  return code;
}

}  // namespace

int uninstall(const std::vector<std::string>& arguments) {
  const auto parsed = parse(arguments);
  if (!parsed) return complain(parsed.error().message, 2);
  if (parsed->help) {
    std::puts(kHelp);
    return 0;
  }
  const SystemClock clock;
  const auto access = cluster_access(parsed->kubeconfig);
  if (!access) return complain(access.error().message, 2);
  const auto reactor = kube::Reactor::make(clock);
  if (!reactor) return complain(reactor.error().message, 1);
  const auto client = kube::Client::make(**reactor, *access, 1);
  if (!client) return complain(client.error().message, 1);
  return Uninstaller(**client, *parsed).go();
}

}  // namespace duress::cli
