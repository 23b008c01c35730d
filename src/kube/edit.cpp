#include "kube/edit.h"

namespace duress::kube {

namespace {

constexpr BackoffPolicy kBetween{.first = std::chrono::milliseconds(10),
                                 .most = std::chrono::seconds(1),
                                 .factor = 4.0,
                                 .jitter = 1.0};

}  // namespace

Editing::Editing(Client& client, Edit edit, Client::Done done)
    : client_(client),
      edit_(std::move(edit)),
      done_(std::move(done)),
      backoff_(kBetween, client.dice()) {
  read();
}

void Editing::read() {
  pending_ = client_.get(edit_.place, [this](Answer<Json> object) { decide(std::move(object)); });
}

void Editing::decide(Answer<Json> object) {
  if (!object) return done_(std::move(object));
  auto patch = edit_.decide(*object);
  if (!patch) return done_(std::move(object));
  // The server compares it with what is there.
  (*patch)["metadata"]["resourceVersion"] = text_at(*object, "/metadata/resourceVersion");
  pending_ = client_.patch(edit_.place, *patch, {.manager = edit_.manager},
                           [this](Answer<Json> now) { wrote(std::move(now)); });
}

void Editing::wrote(Answer<Json> object) {
  if (object || object.error().reason != Reason::kConflict || --edit_.attempts <= 0)
    return done_(std::move(object));
  timer_ = client_.reactor().after(backoff_.failed(client_.reactor().now()), [this] { read(); });
}

}  // namespace duress::kube
