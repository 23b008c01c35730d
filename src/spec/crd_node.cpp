#include "spec/crd_parts.h"
#include "spec/node_stress.h"

namespace duress::spec {

namespace {

using schema::Json;
using schema::kLongestName;

constexpr int kLongestMessage = 4096;
constexpr int kMost = static_cast<int>(kMostContainersOfANode);

Json open(Json object) {
  // Agents and controllers of another version write and read it too.
  object["x-kubernetes-preserve-unknown-fields"] = true;
  return object;
}

Json whom(const Json& more) {
  Json out = {{"namespace", schema::text("", kLongestName)},
              {"pod", schema::text("", kLongestName)},
              {"container", schema::text("", kLongestName)}};
  out.update(more);
  return out;
}

}  // namespace

Json node_order_schema() {
  Json node = schema::text("The node whose agent reads this; it never changes.", kLongestName);
  node["minLength"] = 1;
  schema::add_rule(node, {.holds = "self == oldSelf",
                          .message = "it cannot be changed: delete the object and make another"});
  Json container = open(schema::object(
      "", whom({{"podUID", schema::text("", kLongestName)},
                {"containerID", schema::text("Of the running container, without the runtime's "
                                             "name; empty: none runs.",
                                             kLongestName)}})));
  container["required"] = Json::array({"namespace", "pod", "container"});
  Json out = open(schema::object(
      "What one experiment asks of one node.",
      {{"nodeName", node},
       {"experiment",
        open(schema::object("Whose this is.", {{"namespace", schema::text("", kLongestName)},
                                               {"name", schema::text("", kLongestName)},
                                               {"uid", schema::text("", kLongestName)},
                                               {"createdAt", schema::text("", 64)}}))},
       {"desiredPhase",
        schema::choice("Stop: release all, and say so. Preflight: foretell, and put nothing on.",
                       {"Run", "Stop", "Preflight"})},
       {"restart", schema::choice("", {"again", "end"})},
       {"deadline", schema::text("The end, by the API server's clock.", 64)},
       {"stressors",
        open(schema::object("As a StressChaos has them, every value a text.", Json::object()))},
       {"stressngStressors", schema::text("", kLongestMessage)},
       {"guards", open(schema::object("What of the node ends the loads.", Json::object()))},
       {"containers", schema::list("The containers on this node.", container, kMost)}}));
  out["required"] = Json::array({"nodeName"});
  schema::add_rule(out,
                   {.holds = "(has(self.desiredPhase) && self.desiredPhase == 'Preflight') == "
                             "(has(oldSelf.desiredPhase) && oldSelf.desiredPhase == 'Preflight')",
                    .message = "a preflight is never carried out: make another experiment",
                    .at = ".desiredPhase"});
  return out;
}

Json node_report_schema() {
  const Json container = open(schema::object(
      "",
      whom({{"containerID", schema::text("Of the container that this speaks of.", kLongestName)},
            {"phase", schema::text("Waiting, Injected, Not Injected or Failed.", 64)},
            {"since", schema::text("", 64)},
            {"times", schema::count("How often a load was started there.")},
            {"reached", schema::yes_or_no("What was asked for was there.")},
            {"askedBytes", schema::count("")},
            {"heldBytes", schema::count("")},
            {"usageBytes", schema::count("")},
            {"workingSetBytes", schema::count("")},
            {"limitBytes", schema::count("")},
            {"cpuAskedMillicores", schema::count("")},
            {"cpuGotMillicores", schema::count("")},
            {"kills", schema::count("")},
            {"oomKills", schema::count("")},
            {"restarts", schema::count("")},
            {"guarded", schema::yes_or_no("A guard ended the load: the message tells which.")},
            {"event", schema::text("", kLongestMessage)},
            {"message", schema::text("", kLongestMessage)},
            {"forecast", schema::text("", kLongestMessage)},
            {"verdict", schema::text("", kLongestMessage)},
            {"preflight", preflight_schema()}})));
  return open(schema::object(
      "What the node's agent says of it.",
      {{"observedGeneration", schema::count("Of the order that this answers.")},
       {"released", schema::yes_or_no("Nothing of it runs on the node any more.")},
       {"stoppedForAll", schema::yes_or_no("A StopAll ended it, for good.")},
       {"problem", schema::text("Why the agent cannot read the order.", kLongestMessage)},
       {"containers", schema::list("", container, kMost)}}));
}

}  // namespace duress::spec
