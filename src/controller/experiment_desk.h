// One experiment at work: it is looked at when something has changed or its time has come, and what
// was decided is carried out: orders, finalizer, status, events. On the StressChaos object it
// writes one thing at a time, the finalizer before the status. Owned by the controller; one thread.
#pragma once

#include <functional>
#include <string>

#include "controller/decide.h"
#include "controller/order_writer.h"
#include "controller/pace.h"
#include "kube/client.h"
#include "kube/event_recorder.h"
#include "kube/server_clock.h"

namespace duress::controller {

// What all desks share; outlives them.
struct Office {
  kube::Client& client;
  kube::EventRecorder& events;
  OrderBook& book;
  OrderWriter& orders;
  const Inventory& inventory;
  const Settings& settings;
  const spec::StopAll& stop_all;
  kube::ServerClock& clock;
  std::function<void(const kube::ApiError&)> on_trouble{};
  // Nodes are asked for recordings.
  std::function<void()> on_recordings{};

  [[nodiscard]] WallTime now() const;
};

class ExperimentDesk final {
 public:
  ExperimentDesk(Office& office, ExperimentView view)
      : office_(office), view_(std::move(view)), backoff_(retries(), office.client.dice()) {}
  ExperimentDesk(const ExperimentDesk&) = delete;
  ExperimentDesk& operator=(const ExperimentDesk&) = delete;
  ~ExperimentDesk() = default;

  // From the watch, or from an answer. `is_ours`: the status that was told last is known here.
  void saw(ExperimentView view, bool is_ours);
  // Decides, and carries out. Called again whenever something may have changed.
  void work();
  // The experiment is there no more. The watch may tell it before the answer to our own removal of
  // the finalizer does.
  void gone();
  // Nothing is done any more, until work().
  void rest();

  [[nodiscard]] const ExperimentView& view() const { return view_; }
  [[nodiscard]] bool has_conflict() const { return is_true(view_.status, "Conflict"); }

 private:
  [[nodiscard]] static kube::BackoffPolicy retries();
  [[nodiscard]] kube::Place place(const std::string& subresource = "") const;
  void note(const Note& note);
  void write_finalizers(Decision::Finalizer what, const Status& status);
  void wrote_finalizers(kube::Answer<Json> answer);
  [[nodiscard]] bool removes_finalizer() const { return event_of_write_ == "FinalizerRemoved"; }
  void tell_finalizers();
  void remove();
  void write_status(const Status& status);
  void wrote_status(kube::Answer<Json> answer);
  void failed(const kube::ApiError& error);
  void read();
  void again_at(Instant at);
  [[nodiscard]] bool waits_for_nodes(Instant now) const;

  Office& office_;
  ExperimentView view_;
  StatusPace pace_;
  kube::Backoff backoff_;
  Status writing_;  // on its way
  std::string event_of_write_;
  kube::Pending write_;
  Instant orders_first_{};  // until then, what is only told waits for the nodes
  kube::Handle wake_;
  Instant wake_at_{};
  kube::Handle retry_;
};

}  // namespace duress::controller
