#include "kube/event_recorder.h"

#include "base/wall_time.h"

namespace duress::kube {

namespace {

constexpr std::size_t kMostMessage = 1024;  // the API server's bound
constexpr std::size_t kMostPending = 64;

std::string namespace_of(const EventWrite& write) {
  return write.note.target.ns.empty() ? "default" : write.note.target.ns;
}

std::string message_of(const EventWrite& write) {
  return write.note.message.substr(0, kMostMessage);
}

}  // namespace

Json event_object(const EventWrite& write, const std::string& component, const std::string& host) {
  const ObjectReference& target = write.note.target;
  Json involved{{"apiVersion", target.api_version},
                {"kind", target.kind},
                {"name", target.name},
                {"uid", target.uid}};
  if (!target.ns.empty()) involved["namespace"] = target.ns;
  return Json{{"apiVersion", "v1"},
              {"kind", "Event"},
              {"metadata", {{"name", write.name}, {"namespace", namespace_of(write)}}},
              {"involvedObject", std::move(involved)},
              {"reason", write.note.reason},
              {"message", message_of(write)},
              {"type", write.note.is_warning ? "Warning" : "Normal"},
              {"source", {{"component", component}, {"host", host}}},
              {"reportingComponent", component},
              {"reportingInstance", host},
              {"count", write.count},
              {"firstTimestamp", format_time(write.first)},
              {"lastTimestamp", format_time(write.last)}};
}

void EventRecorder::note(const EventNote& note) {
  const auto& reactor = client_.reactor();
  if (const auto now = ledger_.note(note, reactor.now(), reactor.clock().wall()))
    write(*now);
  else
    wait();
}

// One timer for all: none is due before the first that waits.
void EventRecorder::wait() {
  if (waits_) return;
  const auto next = ledger_.next();
  if (!next) return;
  waits_ = true;
  timer_ = client_.reactor().at(*next, [this] {
    waits_ = false;
    for (const EventWrite& due : ledger_.due(client_.reactor().now())) write(due);
    wait();
  });
}

void EventRecorder::begin(const std::function<Pending(Client::Done)>& begin, Client::Done done) {
  if (pending_.size() >= kMostPending) return;
  const auto at = pending_.emplace(pending_.end());
  *at = begin([this, at, done = std::move(done)](Answer<Json> answer) {
    // The request is not dropped while it calls.
    const Pending finished = std::move(*at);
    pending_.erase(at);
    done(std::move(answer));
  });
}

void EventRecorder::write(const EventWrite& write) {
  if (write.is_new) return create(write);
  const Place place{events(), namespace_of(write), write.name, ""};
  const Json patch{{"count", write.count},
                   {"message", message_of(write)},
                   {"type", write.note.is_warning ? "Warning" : "Normal"},
                   {"lastTimestamp", format_time(write.last)}};
  begin([&](Client::Done done) { return client_.patch(place, patch, {}, std::move(done)); },
        // The API server drops events after an hour.
        [this, write](const Answer<Json>& answer) {
          if (!answer && answer.error().reason == Reason::kNotFound) create(write);
        });
}

void EventRecorder::create(const EventWrite& write) {
  const Place place{events(), namespace_of(write), "", ""};
  const Json object = event_object(write, component_, host_);
  begin([&](Client::Done done) { return client_.create(place, object, std::move(done)); },
        [](const Answer<Json>&) {});
}

}  // namespace duress::kube
