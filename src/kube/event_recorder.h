// Writes Kubernetes events about objects, as often as the ledger allows. An event that cannot be
// written is dropped: it is for people, and nothing may depend on it. One thread.
#pragma once

#include <list>
#include <string>

#include "kube/client.h"
#include "kube/event_ledger.h"

namespace duress::kube {

class EventRecorder final {
 public:
  // `component` is the event's source: "duress-controller".
  EventRecorder(Client& client, std::string component, std::string host)
      : client_(client), component_(std::move(component)), host_(std::move(host)) {}
  EventRecorder(const EventRecorder&) = delete;
  EventRecorder& operator=(const EventRecorder&) = delete;
  ~EventRecorder() = default;

  void note(const EventNote& note);
  [[nodiscard]] std::size_t pending() const { return pending_.size(); }

 private:
  void write(const EventWrite& write);
  void create(const EventWrite& write);
  void begin(const std::function<Pending(Client::Done)>& begin, Client::Done done);
  void wait();

  Client& client_;
  std::string component_;
  std::string host_;
  EventLedger ledger_;
  std::list<Pending> pending_;
  bool waits_ = false;  // for timer_
  Handle timer_;
};

// The object to create for it (v1 Event).
[[nodiscard]] Json event_object(const EventWrite& write, const std::string& component,
                                const std::string& host);

}  // namespace duress::kube
