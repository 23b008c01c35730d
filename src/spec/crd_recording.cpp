#include "spec/crd_parts.h"
#include "spec/recording_object.h"

namespace duress::spec {

using schema::Json;
using schema::kLongestName;

Json recording_schema() {
  constexpr int kLongestProblem = 1024;
  Json node = schema::text("The node whose agent wrote this; it never changes.", kLongestName);
  node["minLength"] = 1;
  schema::add_rule(node, {.holds = "self == oldSelf",
                          .message = "it cannot be changed: delete the object and make another"});
  Json data = schema::text("The recording's file, thinned out to fit; in base64.",
                           static_cast<int>(kMostRecordingObject));
  data["format"] = "byte";
  Json out = schema::object(
      "What one container's load was, as its node recorded it.",
      {{"nodeName", node},
       {"experiment", schema::object("Whose this is, in the same namespace.",
                                     {{"name", schema::text("", kLongestName)},
                                      {"uid", schema::text("", kLongestName)}})},
       {"container",
        schema::object("Of which it is.", {{"namespace", schema::text("", kLongestName)},
                                           {"pod", schema::text("", kLongestName)},
                                           {"container", schema::text("", kLongestName)},
                                           {"containerID", schema::text("", kLongestName)}})},
       {"askedAt", schema::text("Which request this answers.", 64)},
       {"takenAt", schema::text("By the API server's clock; it is removed an hour later.", 64)},
       {"data", data},
       {"problem", schema::text("Why there is no recording.", kLongestProblem)}});
  // Agents of a later version may say more.
  out["x-kubernetes-preserve-unknown-fields"] = true;
  out["required"] = Json::array({"nodeName"});
  return out;
}

}  // namespace duress::spec
