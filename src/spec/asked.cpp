#include "spec/asked.h"

#include <nlohmann/json.hpp>

#include "base/wall_time.h"
#include "spec/json_members.h"

namespace duress::spec {

Asked read_asked(const nlohmann::json& object) {
  const nlohmann::json& annotations = object_at(object_at(object, "metadata"), "annotations");
  const auto time = [&](std::string_view name) {
    return parse_time(text_at(annotations, std::string(name).c_str()));
  };
  return {.watch_until = time(kWatchUntil), .recordings = time(kRecordingsAsked)};
}

nlohmann::json asked_json(const Asked& asked) {
  nlohmann::json out = nlohmann::json::object();
  if (asked.watch_until) out[std::string(kWatchUntil)] = format_time(*asked.watch_until);
  if (asked.recordings) out[std::string(kRecordingsAsked)] = format_time(*asked.recordings);
  return out;
}

bool is_watched(const Asked& asked, WallTime now) {
  return asked.watch_until && now < *asked.watch_until && *asked.watch_until <= now + kMostWatched;
}

bool is_asked(const Asked& asked, WallTime now) {
  // Clocks that tell whole seconds may be one apart.
  return asked.recordings && now - kRequestLasts < *asked.recordings &&
         *asked.recordings <= now + kRequestLasts;
}

WallTime time_of_request(const Asked& before, WallTime now) {
  using std::chrono::seconds;
  const WallTime second(std::chrono::floor<seconds>(now));
  // One from the far future is nobody's request.
  const bool is_taken = before.recordings && *before.recordings >= second && is_asked(before, now);
  return is_taken ? *before.recordings + seconds(1) : second;
}

}  // namespace duress::spec
