#include "spec/crd.h"

#include <utility>

#include "spec/crd_parts.h"
#include "spec/node_stress.h"
#include "spec/recording_object.h"
#include "spec/stop_all.h"
#include "spec/yaml_text.h"

namespace duress::spec {

namespace {

using schema::Json;

constexpr int kLongestReason = 1024;

struct Names {
  std::string group{};
  std::string kind{};
  std::string plural{};
  std::string singular{};
  std::string short_name{};
};

struct Column {
  const char* name;
  const char* type;
  const char* path;
  const char* description;
  int priority = 0;  // above 0: only with -o wide
};

Json columns_json(const std::vector<Column>& columns) {
  Json out = Json::array();
  for (const Column& column : columns) {
    Json one = {{"name", column.name}, {"type", column.type}};
    if (*column.description != '\0') one["description"] = column.description;
    if (column.priority > 0) one["priority"] = column.priority;
    one["jsonPath"] = column.path;
    out.push_back(std::move(one));
  }
  return out;
}

Json root_schema(std::string_view description, Json spec, Json status) {
  Json out = schema::object(description, {{"apiVersion", {{"type", "string"}}},
                                          {"kind", {{"type", "string"}}},
                                          {"metadata", {{"type", "object"}}},
                                          {"spec", std::move(spec)},
                                          {"status", std::move(status)}});
  out["required"] = Json::array({"spec"});
  return out;
}

Json definition(const Names& names, const char* scope, Json version) {
  return {{"apiVersion", "apiextensions.k8s.io/v1"},
          {"kind", "CustomResourceDefinition"},
          {"metadata", {{"name", names.plural + "." + names.group}}},
          {"spec",
           {{"group", names.group},
            {"names",
             {{"kind", names.kind},
              {"listKind", names.kind + "List"},
              {"plural", names.plural},
              {"singular", names.singular},
              {"shortNames", Json::array({names.short_name})}}},
            {"scope", scope},
            {"versions", Json::array({std::move(version)})}}}};
}

}  // namespace

Json stress_chaos_crd() {
  Json version = {
      {"name", "v1alpha1"},
      {"served", true},
      {"storage", true},
      {"subresources", {{"status", Json::object()}}},
      {"additionalPrinterColumns",
       columns_json({{"Mode", "string", ".spec.mode", "How many of the Pods that are meant"},
                     {"Asked", "string", ".status.asked", "What is asked of each container"},
                     {"Got", "string", ".status.got", "What the containers have"},
                     {"Injected", "integer", ".status.injected", "Containers that have the stress"},
                     {"Targets", "integer", ".status.targets", "Containers that are meant"},
                     {"Phase", "string", ".status.phase", ""},
                     {"Duration", "string", ".spec.duration", "", 1},
                     {"Age", "date", ".metadata.creationTimestamp", ""}})},
      {"schema",
       {{"openAPIV3Schema",
         root_schema("Exact, safe and explained CPU and memory stress on the containers that it "
                     "chooses.",
                     experiment_schema(), experiment_status_schema())}}}};
  return definition({.group = "chaos-mesh.org",
                     .kind = "StressChaos",
                     .plural = "stresschaos",
                     .singular = "stresschaos",
                     .short_name = "stress"},
                    "Namespaced", std::move(version));
}

Json node_stress_crd() {
  Json version = {
      {"name", kNodeStressVersion},
      {"served", true},
      {"storage", true},
      {"subresources", {{"status", Json::object()}}},
      {"selectableFields", Json::array({{{"jsonPath", ".spec.nodeName"}}})},
      {"additionalPrinterColumns",
       columns_json({{"Node", "string", ".spec.nodeName", ""},
                     {"Namespace", "string", ".spec.experiment.namespace", ""},
                     {"Experiment", "string", ".spec.experiment.name", ""},
                     {"Desired", "string", ".spec.desiredPhase", ""},
                     {"Released", "boolean", ".status.released", ""},
                     {"Age", "date", ".metadata.creationTimestamp", ""}})},
      {"schema",
       {{"openAPIV3Schema",
         root_schema("What one experiment asks of one node, and what the node's agent says of it. "
                     "Written by Duress alone.",
                     node_order_schema(), node_report_schema())}}}};
  return definition({.group = std::string(kNodeStressGroup),
                     .kind = "NodeStress",
                     .plural = std::string(kNodeStressPlural),
                     .singular = "nodestress",
                     .short_name = "nst"},
                    "Cluster", std::move(version));
}

Json stop_all_crd() {
  Json version = {
      {"name", kNodeStressVersion},
      {"served", true},
      {"storage", true},
      {"additionalPrinterColumns",
       columns_json({{"Reason", "string", ".spec.reason", ""},
                     {"Age", "date", ".metadata.creationTimestamp", ""}})},
      {"schema",
       {{"openAPIV3Schema",
         root_schema("Ends every experiment that was created before it, for good: removing it "
                     "resumes nothing.",
                     schema::object("", {{"reason", schema::text("For people.", kLongestReason)}}),
                     schema::object("", Json::object()))}}}};
  version["schema"]["openAPIV3Schema"].erase("required");
  return definition({.group = std::string(kNodeStressGroup),
                     .kind = "StopAll",
                     .plural = std::string(kStopAllPlural),
                     .singular = "stopall",
                     .short_name = "halt"},
                    "Cluster", std::move(version));
}

Json recording_crd() {
  Json version = {
      {"name", kNodeStressVersion},
      {"served", true},
      {"storage", true},
      {"selectableFields", Json::array({{{"jsonPath", ".spec.nodeName"}}})},
      {"additionalPrinterColumns",
       columns_json({{"Experiment", "string", ".spec.experiment.name", ""},
                     {"Pod", "string", ".spec.container.pod", ""},
                     {"Container", "string", ".spec.container.container", ""},
                     {"Node", "string", ".spec.nodeName", ""},
                     {"Problem", "string", ".spec.problem", "", 1},
                     {"Age", "date", ".metadata.creationTimestamp", ""}})},
      {"schema",
       {{"openAPIV3Schema",
         root_schema("The course of one container under an experiment, for a report; removed after "
                     "an hour. Written by Duress alone.",
                     recording_schema(), schema::object("", Json::object()))}}}};
  return definition({.group = std::string(kNodeStressGroup),
                     .kind = "Recording",
                     .plural = std::string(kRecordingPlural),
                     .singular = "recording",
                     .short_name = "rec"},
                    "Namespaced", std::move(version));
}

std::vector<Json> all_crds() {
  return {stress_chaos_crd(), node_stress_crd(), stop_all_crd(), recording_crd()};
}

std::string crds_yaml() {
  std::string out = "# Generated by `duress crds`; do not edit.\n";
  bool first = true;
  for (const Json& crd : all_crds()) {
    if (!std::exchange(first, false)) out += "---\n";
    out += yaml_text(crd);
  }
  return out;
}

}  // namespace duress::spec
