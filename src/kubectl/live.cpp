#include "kubectl/live.h"

namespace duress::kubectl {

using kube::Reason;

Live::Live(Session& session, kube::Place place, kube::WatchOptions options)
    : watch_(
          session.client(), std::move(place), std::move(options),
          {.on_change = [this](auto change, const kube::Json& object) { changed(change, object); },
           .on_synced = [this] { changed_ = true; },
           .on_trouble = [this](const kube::ApiError& error) { trouble(error); },
           .on_contact = [this] { trouble_.clear(); }}) {}

Live::Live(Session& session, const kube::Place& place)
    : Live(session, {place.resource, place.ns, "", ""},
           {.field_selector = "metadata.name=" + place.name}) {}

const kube::Json* Live::one() const { return all_.empty() ? nullptr : &all_.begin()->second; }

bool Live::take_changed() { return std::exchange(changed_, false); }

void Live::changed(kube::WatchCalls::Change change, const kube::Json& object) {
  const std::string key =
      kube::text_at(object, "/metadata/namespace") + "/" + kube::text_at(object, "/metadata/name");
  changed_ = true;
  if (change == kube::WatchCalls::Change::kDeleted) {
    all_.erase(key);
  } else {
    all_[key] = object;
  }
}

void Live::trouble(const kube::ApiError& error) {
  trouble_ = error.message;
  const bool is_final = error.reason == Reason::kForbidden || error.reason == Reason::kNotFound ||
                        error.reason == Reason::kUnauthorized;
  if (is_final) refused_ = error;
}

}  // namespace duress::kubectl
