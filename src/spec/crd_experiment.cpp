#include "spec/crd_parts.h"

namespace duress::spec {

namespace {

using schema::Json;
using schema::kLongestName;
using schema::kMostItems;

constexpr int kLongestLabel = 63;
constexpr int kLongestAnnotation = 1024;
constexpr int kMostTargets = 2000;  // whose records an experiment carries
constexpr int kLongestMessage = 4096;

// Fewer figures than a sum of 292 years would take.
constexpr std::string_view kDurationPattern =
    R"(^\s*\+?((\d{1,6}(\.\d*)?|\.\d+)h|(\d{1,7}(\.\d*)?|\.\d+)m|)"
    R"((\d{1,9}(\.\d*)?|\.\d+)(s|ms|us|µs|ns))+\s*$)";

Json expression_schema() {
  Json out = schema::object(
      "", {{"key", schema::text("The label's name.", kLongestName)},
           {"operator", schema::choice("", {"In", "NotIn", "Exists", "DoesNotExist"})},
           {"values", schema::names("Needed by In and NotIn, not taken by the others.", 64)}});
  out["required"] = Json::array({"key", "operator"});
  const std::string listing = "self.operator in ['In', 'NotIn']";
  const std::string given = "has(self.values) && self.values.size() > 0";
  schema::add_rule(out, {.holds = "!(" + listing + ") || (" + given + ")",
                         .message = "In and NotIn need at least one value",
                         .at = ".values"});
  schema::add_rule(out, {.holds = listing + " || !(" + given + ")",
                         .message = "leave it out: Exists and DoesNotExist take none",
                         .at = ".values"});
  return out;
}

Json fields_schema() {
  Json out = schema::map(
      "Fields that an API server can select Pods by, such as status.phase or spec.nodeName.",
      schema::text("", kLongestName), 16);
  const std::string known =
      "'metadata.name', 'metadata.namespace', 'spec.nodeName', 'spec.restartPolicy', "
      "'spec.schedulerName', 'spec.serviceAccountName', 'spec.hostNetwork', 'status.phase', "
      "'status.podIP', 'status.nominatedNodeName'";
  schema::add_rule(out,
                   {.holds = "self.all(f, f in [" + known + "])",
                    .message = "only what an API server selects Pods by is allowed: " + known});
  return out;
}

Json labels(std::string_view description) {
  return schema::map(description, schema::text("", kLongestLabel));
}

Json selector_schema() {
  std::vector<std::string> phases;
  for (const char* phase : {"Pending", "Running", "Succeeded", "Failed", "Unknown"}) {
    phases.emplace_back(phase);
    phases.push_back("!" + std::string(phase));
  }
  return schema::object(
      "Which Pods are meant. All kinds of selectors must hold; nodes and nodeSelectors are a "
      "union; pods makes the others void. {} is every Pod of the experiment's own namespace.",
      {{"namespaces", schema::names("Namespaces to look in; none: the experiment's own. You need "
                                    "the right to create a StressChaos in each.")},
       {"labelSelectors", labels("Labels that a Pod must have.")},
       {"expressionSelectors",
        schema::list("Labels that a Pod must have, as expressions.", expression_schema(), 32)},
       {"annotationSelectors",
        schema::map("Annotations that a Pod must have.", schema::text("", kLongestAnnotation))},
       {"fieldSelectors", fields_schema()},
       {"nodes", schema::names("Names of nodes that a Pod runs on. One that does not exist is an "
                               "error.")},
       {"nodeSelectors", labels("Labels of the node that a Pod runs on.")},
       {"podPhaseSelectors", schema::list("Phases that a Pod is in; with ! before it, any other.",
                                          schema::choice("", phases), 16)},
       {"pods", schema::map("Pods by name: a namespace, and the names in it.",
                            schema::names("", kMostItems))}});
}

void add_value_rules(Json& spec) {
  const std::string missing = "!has(self.value) || string(self.value).trim() == ''";
  schema::add_rule(spec,
                   {.holds = "!has(self.mode) || self.mode in ['one', 'all'] || !(" + missing + ")",
                    .message = "missing: a number of Pods with mode: fixed, a percentage "
                               "from 1 to 100 with fixed-percent and random-max-percent",
                    .at = ".value"});
  const auto number = [&](const std::string& modes, const std::string& pattern,
                          const std::string& allowed) {
    schema::add_rule(spec, {.holds = "!has(self.mode) || !(self.mode in " + modes + ") || " +
                                     missing + " || string(self.value).matches(r'" + pattern + "')",
                            .message = allowed,
                            .says = "string(self.value) + " + schema::literal(" is not allowed: ") +
                                    " + " + schema::literal(allowed),
                            .at = ".value"});
  };
  number("['fixed']", R"(^\s*0*[1-9]\d{0,5}\s*$)", "a number of Pods, 1 or more");
  number("['fixed-percent', 'random-max-percent']", R"(^\s*0*(100|[1-9]\d?)\s*$)",
         "a percentage, 1 to 100");
}

Json duration_schema() {
  const std::string allowed = "a duration above 0s such as 90s or 1h30m; without one it has no end";
  Json out = schema::text(
      "How long, counted from the experiment's creation; a pause does not stop it. Empty or left "
      "out: until it is deleted. Allowed: " +
          allowed + ".",
      64);
  schema::add_rule(out, {.holds = "self.trim() == '' || (self.matches(r'" +
                                  std::string(kDurationPattern) + "') && self.matches('[1-9]'))",
                         .message = allowed,
                         .says = "self + " + schema::literal(" is not allowed: ") + " + " +
                                 schema::literal(allowed)});
  return out;
}

Json remote_cluster_schema() {
  Json out = schema::text("Not taken: apply the manifest in that cluster.", kLongestName);
  schema::add_rule(out, {.holds = "self.trim() == ''",
                         .message = "leave it out, and apply the manifest in that cluster",
                         .says = "self + ' is not allowed: leave it out, and apply the manifest in "
                                 "that cluster'"});
  return out;
}

// As the controller writes them; `longest` of a text that people read.
Json bytes(std::string_view what) { return schema::count(what); }

Json open(Json object) {
  // What a controller of a later version writes is kept.
  object["x-kubernetes-preserve-unknown-fields"] = true;
  return object;
}

Json measured_schema() {
  return open(schema::object(
      "What is there now, as the container's cgroup says it.",
      {{"askedBytes", bytes("Memory that was asked for.")},
       {"heldBytes", bytes("Memory that the workers hold.")},
       {"usageBytes", bytes("Memory that the container uses, the workers' included.")},
       {"workingSetBytes", bytes("Use without inactive file cache: what kubectl top shows.")},
       {"limitBytes", bytes("The effective memory limit.")},
       {"cpuAskedMillicores", schema::count("CPU that was asked for, in thousandths of a core.")},
       {"cpuGotMillicores", schema::count("CPU that the workers got.")},
       {"kills", schema::count("Workers that were killed.")},
       {"oomKills", schema::count("OOM kills in the container while it was stressed.")},
       {"restarts", schema::count("Restarts of the container while it was stressed.")},
       {"since", schema::time("When the present load began.")},
       {"event", schema::text("What happened last.", kLongestMessage)},
       {"message", schema::text("Why it waits, or failed.", kLongestMessage)},
       {"forecast", schema::text("Who would be killed, as told beforehand.", kLongestMessage)},
       {"verdict", schema::text("What happened and why, in one sentence.", kLongestMessage)},
       {"preflight", preflight_schema()}}));
}

Json record_schema() {
  const Json event = open(schema::object("", {{"type", schema::text("Succeeded or Failed.", 64)},
                                              {"operation", schema::text("Apply or Recover.", 64)},
                                              {"timestamp", schema::time("")},
                                              {"message", schema::text("", kLongestMessage)}}));
  Json out = open(schema::object(
      "", {{"id", schema::text("namespace/pod/container", 3 * kLongestName)},
           {"selectorKey", schema::text("Always \".\".", 64)},
           {"phase", schema::text("Injected or Not Injected.", 64)},
           {"injectedCount", schema::count("How often a load was started there.")},
           {"recoveredCount", schema::count("How often it was released.")},
           {"events", schema::list("What was done, the latest last; three are kept.", event, 16)},
           {"measured", measured_schema()}}));
  out["required"] = Json::array({"id"});
  return out;
}

Json conditions_schema() {
  Json condition = open(schema::object(
      "", {{"type", schema::text("Selected, AllInjected, AllRecovered, Paused, Completed, "
                                 "PreflightDone and what may hinder.",
                                 128)},
           {"status", schema::choice("", {"True", "False", "Unknown"})},
           {"reason", schema::text("", 1024)},
           {"message", schema::text("", kLongestMessage)},
           {"lastTransitionTime", schema::time("")},
           {"observedGeneration", schema::count("")}}));
  condition["required"] = Json::array({"type", "status"});
  return schema::list("What holds of the experiment, for kubectl wait --for=condition=AllInjected.",
                      condition, 32);
}

}  // namespace

Json experiment_schema() {
  Json out = schema::object(
      "Who gets stress, what and how long.",
      {{"selector", selector_schema()},
       {"mode", schema::choice("How many of the Pods that are meant: one, all, fixed (a number), "
                               "fixed-percent (rounded up) or random-max-percent. Left out: all.",
                               {"one", "all", "fixed", "fixed-percent", "random-max-percent"})},
       {"value", schema::number_or_text("The number or percentage that mode needs.", 16)},
       {"containerNames",
        schema::names("Containers of a Pod that get the stress; none: its first one.", 64)},
       {"stressors", stressors_schema()},
       {"stressngStressors",
        schema::text("stress-ng's options in one text; wins over stressors.", kLongestMessage)},
       {"duration", duration_schema()},
       {"restart", schema::choice("Whether a container that was restarted or replaced is stressed "
                                  "again: again (the default) or end.",
                                  {"again", "end"})},
       {"guards", guards_schema()},
       {"preflight",
        schema::yes_or_no("Nothing is injected: it is foretold for each container what the load "
                          "would do, and the experiment is removed 60 s after it was made. It "
                          "cannot be changed.")},
       {"remoteCluster", remote_cluster_schema()}});
  out["required"] = Json::array({"selector"});
  schema::add_rule(
      out, {.holds = "(has(self.stressngStressors) && self.stressngStressors.trim() != '') || "
                     "(has(self.stressors) && (has(self.stressors.memory) || "
                     "has(self.stressors.cpu)))",
            .message = "nothing to do: give memory, cpu or both",
            .at = ".stressors"});
  schema::add_rule(
      out,
      {.holds = "!has(self.guards) || !has(self.guards.restarts) || !has(self.restart) || "
                "self.restart != 'end'",
       .message = "with restart: end no restarted container is stressed: leave out one of them",
       .at = ".guards.restarts"});
  schema::add_rule(out, {.holds = "(has(self.preflight) && self.preflight) == "
                                  "(has(oldSelf.preflight) && oldSelf.preflight)",
                         .message = "it cannot be changed: make another experiment",
                         .at = ".preflight"});
  add_value_rules(out);
  return out;
}

Json experiment_status_schema() {
  return open(schema::object(
      "What the cluster says of it; written by Duress alone.",
      {{"phase", schema::text("Selecting, Injecting, Running, Paused, Stopping, Finished or "
                              "Failed; of a preflight, Preflight.",
                              64)},
       {"targets", schema::count("Containers that are meant.")},
       {"injected", schema::count("How many of them have the stress.")},
       {"asked", schema::text("What is asked of each, in short.", 256)},
       {"got", schema::text("What they have, in short.", 256)},
       {"observedGeneration", schema::count("Of the spec that all this is about.")},
       {"conditions", conditions_schema()},
       {"experiment",
        open(schema::object(
            "The containers one by one.",
            {{"desiredPhase", schema::text("Run or Stop.", 64)},
             {"containerRecords",
              schema::list("One for each container; above 2000 targets the worst 100.",
                           record_schema(), kMostTargets)}}))}}));
}

}  // namespace duress::spec
