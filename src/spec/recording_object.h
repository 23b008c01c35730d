// The recording of one container as an object of the cluster (recordings.duress.dev, v1alpha1, in
// the experiment's namespace): written by the agent of its node when it is asked for, read by who
// asked, removed an hour later. The bytes are a recording's file, made to fit; where there is none,
// it says why. It is never an order. Plain values, and pure functions between them and JSON; any
// thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "base/text.h"

namespace duress::spec {

inline constexpr std::string_view kRecordingPlural = "recordings";

// Of the whole object, and what of it is left for the bytes: in base64 four for three, and the API
// server adds who wrote which field.
inline constexpr std::size_t kMostRecordingObject = 64UL * 1024;
inline constexpr std::size_t kMostRecordingBytes = (kMostRecordingObject - 4UL * 1024) / 4 * 3;

struct RecordingObject {
  std::string node{};
  std::string experiment_ns{};  // its own too
  std::string experiment{};
  std::string experiment_uid{};
  std::string ns{};  // of the container, as the next two
  std::string pod{};
  std::string container{};
  std::string container_id{};
  std::optional<WallTime> asked{};  // which request it answers
  std::optional<WallTime> taken{};  // by the API server's clock
  std::string bytes{};
  std::string problem{};  // why there are none

  // As a record of the experiment has it: "namespace/pod/container".
  [[nodiscard]] std::string id() const { return ns + "/" + pod + "/" + container; }
};

// "duress-" and 24 hexadecimal figures of experiment, node and container: asked for again, it takes
// the place of the one before.
[[nodiscard]] std::string recording_name(const RecordingObject& recording);
[[nodiscard]] nlohmann::json recording_json(const RecordingObject& recording);
// kUsage: its data is no base64.
[[nodiscard]] Result<RecordingObject> read_recording_object(const nlohmann::json& object);

// When it is to go; a time that lies ahead is no reason to stay longer.
[[nodiscard]] WallTime recording_ends(const nlohmann::json& object, Duration kept, WallTime now);

}  // namespace duress::spec
