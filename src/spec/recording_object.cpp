#include "spec/recording_object.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/base64.h"
#include "base/hash.h"
#include "base/wall_time.h"
#include "spec/json_members.h"
#include "spec/node_stress.h"

namespace duress::spec {

using nlohmann::json;

std::string recording_name(const RecordingObject& recording) {
  const std::string all = recording.experiment_uid + "/" + recording.node + "/" + recording.id();
  const std::uint64_t first = stable_hash(all);
  return fmt::format("duress-{:016x}{:08x}", first, stable_hash(all, first) >> 32U);
}

json recording_json(const RecordingObject& recording) {
  json spec = {
      {"nodeName", recording.node},
      {"experiment", {{"name", recording.experiment}, {"uid", recording.experiment_uid}}},
      {"container",
       {{"namespace", recording.ns}, {"pod", recording.pod}, {"container", recording.container}}}};
  put(spec["container"], "containerID", recording.container_id);
  if (recording.asked) spec["askedAt"] = format_time(*recording.asked);
  if (recording.taken) spec["takenAt"] = format_time(*recording.taken);
  if (!recording.bytes.empty()) spec["data"] = base64_encoded(recording.bytes);
  put(spec, "problem", recording.problem);
  return {{"apiVersion", std::string(kNodeStressGroup) + "/" + std::string(kNodeStressVersion)},
          {"kind", "Recording"},
          {"metadata",
           {{"name", recording_name(recording)},
            {"namespace", recording.experiment_ns},
            {"labels", {{kExperimentLabel, recording.experiment_uid}}}}},
          {"spec", std::move(spec)}};
}

Result<RecordingObject> read_recording_object(const json& object) {
  const json& spec = object_at(object, "spec");
  const json& experiment = object_at(spec, "experiment");
  const json& container = object_at(spec, "container");
  RecordingObject out{.node = text_at(spec, "nodeName"),
                      .experiment_ns = text_at(object_at(object, "metadata"), "namespace"),
                      .experiment = text_at(experiment, "name"),
                      .experiment_uid = text_at(experiment, "uid"),
                      .ns = text_at(container, "namespace"),
                      .pod = text_at(container, "pod"),
                      .container = text_at(container, "container"),
                      .container_id = text_at(container, "containerID"),
                      .asked = parse_time(text_at(spec, "askedAt")),
                      .taken = parse_time(text_at(spec, "takenAt")),
                      .problem = text_at(spec, "problem")};
  auto bytes = base64_decoded(text_at(spec, "data"));
  if (!bytes) return fail(Code::kUsage, "the recording of " + out.id() + " is no base64");
  out.bytes = std::move(*bytes);
  return out;
}

WallTime recording_ends(const json& object, Duration kept, WallTime now) {
  const auto made = parse_time(text_at(object_at(object, "metadata"), "creationTimestamp"));
  const auto taken = parse_time(text_at(object_at(object, "spec"), "takenAt"));
  const WallTime since = taken ? *taken : made.value_or(WallTime{});
  return std::min(since, now) + kept;
}

}  // namespace duress::spec
