// One node as its orders want it: keeps the orders that were read, has reconcile.h decide, starts
// and ends loads, hears them, and tells by object what is to be reported. It knows no API server
// (daemon.h does). Owned by the daemon; one thread, told from within the reactor's turn.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "agent/container_links.h"
#include "agent/containers.h"
#include "agent/figures.h"
#include "agent/kept_recordings.h"
#include "agent/launcher.h"
#include "agent/reconcile.h"
#include "agent/report.h"
#include "kube/reactor.h"
#include "kube/server_clock.h"
#include "spec/recording_object.h"
#include "spec/stop_all.h"

namespace duress::agent {

class Node final {
 public:
  struct Parts {
    kube::Reactor& reactor;
    Loads& loads;
    Containers& containers;
    LinkWatch* links;  // null: IDs come from the orders alone
    kube::ServerClock& clock;
    std::function<void(const std::string& experiment)> on_report;  // it may have changed
    std::function<void(const std::string&)> say;                   // a line for people
    bool record = true;
    Bounds bounds{};
  };
  explicit Node(Parts parts);
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;
  ~Node();

  // An order, new or changed; `before`: what was reported of it by whoever was here before.
  void ordered(spec::NodeOrder order, std::int64_t generation, const spec::NodeReport& before);
  // An order that cannot be read: what is not understood does not run, and the report says so.
  void unreadable(const std::string& experiment, std::int64_t generation, std::string problem);
  void gone(const std::string& experiment);
  // Orders of experiments that are not newer are not carried out, now and in future.
  void stop_all(std::optional<WallTime> created);
  // All orders that there are have been told: what is known of others is forgotten.
  void complete();
  // All orders are no longer known: everything is released until they are read anew. `why` is
  // what the reports say of it.
  void forget_orders(const std::string& why);
  // The same for good.
  void shut_down(const std::string& why);
  // Something outside may have changed: links, containers, time.
  void look();

  [[nodiscard]] bool is_idle() const { return loads_.empty(); }
  [[nodiscard]] std::size_t loads() const { return loads_.size(); }
  // As of now; unset: there is no such order, or its loads are just being started.
  [[nodiscard]] std::optional<spec::NodeReport> report(const std::string& experiment) const;
  [[nodiscard]] std::vector<Reported> reported() const;
  [[nodiscard]] Taken taken() const { return taken_by(loads_now()); }
  // Of each container of the order, all but the bytes; and the bytes, or why there are none.
  [[nodiscard]] std::vector<spec::RecordingObject> recordings(const std::string& experiment) const;
  void read(spec::RecordingObject& recording) const;

 private:
  struct Load;
  struct Unreadable {
    std::int64_t generation;
    std::string problem;
  };
  void forget(const std::string& experiment);
  void settle();
  [[nodiscard]] std::optional<spec::NodeReport> report_unreadable(
      const std::string& experiment) const;
  [[nodiscard]] std::vector<LoadNow> loads_now() const;
  [[nodiscard]] std::map<Slot, std::string> running_now();
  void start(const Start& start);
  void listen_to(std::unique_ptr<Load> load);
  void stop(Load& load, const std::string& why);
  void hear(std::uint64_t number);
  void hear_news(Load& load, ContainerStory& story, const LoadNews& news);
  [[nodiscard]] bool held_back(const Load& load);
  [[nodiscard]] bool is_starting(const Load& load) const;
  [[nodiscard]] bool is_latest(const Load& load) const;
  void over(Load& load, const LoadOver& over);
  void foretold(const Load& load);
  void keep_recording(const Load& load);
  void tidy_recordings();
  void remove(std::uint64_t number);
  void judge_later(const Load& load, Duration in);
  void judge_next();
  [[nodiscard]] std::string words_of(Because because) const;
  [[nodiscard]] WallTime server_now() const;
  void tell_waiting(const World& world);
  void watch_for_containers(const World& world, std::optional<Duration> again);

  Parts parts_;
  std::map<std::string, OrderNow> orders_;  // by experiment's UID
  std::map<std::string, std::int64_t> generations_;
  std::map<std::string, Unreadable> unreadable_;  // beside orders_
  spec::StopAll stop_all_;
  std::map<std::uint64_t, std::unique_ptr<Load>> loads_;
  std::map<Slot, PastLoad> past_;
  std::map<Slot, ContainerStory> stories_;
  std::uint64_t last_number_ = 0;
  std::string forgotten_;  // why the orders are not known any more
  bool shut_down_ = false;
  Instant awaited_since_;  // containers that do not run yet
  kube::Handle timer_;
  // Recordings to be judged, one at a time: it takes milliseconds, and releasing comes first.
  struct Judgement {
    Instant at;
    Slot slot;
    std::shared_ptr<os::Fd> recording;
    bool over_time;  // it was ended by us at the deadline, not by hand
  };
  std::deque<Judgement> judgements_;
  kube::Handle judge_timer_;
  KeptRecordings recordings_;
  kube::Handle tidy_timer_;
};

}  // namespace duress::agent
