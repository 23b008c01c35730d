#include "spec/asked.h"

#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "spec/json_members.h"

namespace duress::spec {

Asked read_asked(const nlohmann::json& object) {
  const nlohmann::json& annotations = object_at(object_at(object, "metadata"), "annotations");
  return {.watch_until = parse_time(text_at(annotations, kWatchUntil.data()))};
}

nlohmann::json asked_json(const Asked& asked) {
  nlohmann::json out = nlohmann::json::object();
  if (asked.watch_until) out[std::string(kWatchUntil)] = format_time(*asked.watch_until);
  return out;
}

bool is_watched(const Asked& asked, WallTime now) {
  return asked.watch_until && now < *asked.watch_until && *asked.watch_until <= now + kMostWatched;
}

}  // namespace duress::spec
