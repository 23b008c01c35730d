// The controller: watches what an experiment depends on, and has each experiment concerned looked
// at when something changes. It acts while it leads; others that run beside it watch along, so that
// one takes over at once. It decides nothing itself (decide.h). One thread; lives in a reactor.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "controller/experiment_desk.h"
#include "controller/figures.h"
#include "controller/recording_sweeper.h"
#include "kube/leader.h"
#include "kube/watch.h"

namespace duress::controller {

struct ControllerOptions {
  std::string ns{};  // of the experiments and Pods; empty: all
  std::string identity{};
  kube::Place lease{};
  std::string agents{};  // labels of their Pods, beside the lease; empty: they are not looked at
  kube::ElectionTimes election{};
  Settings settings{};
  // For people: one line each.
  std::function<void(const std::string& line)> tell{};
};

class Controller final {
 public:
  static constexpr auto kSweepEvery = std::chrono::hours(1);

  Controller(kube::Client& client, ControllerOptions options);
  Controller(const Controller&) = delete;
  Controller& operator=(const Controller&) = delete;
  ~Controller() = default;

  // Gives the lease back; experiments go on. `done` may be late: nobody has to wait for it.
  void stop(std::function<void()> done);
  [[nodiscard]] bool leads() const { return leader_ && leader_->leads(); }
  [[nodiscard]] bool is_synced() const;
  [[nodiscard]] ControllerState state() const;

 private:
  using Change = kube::WatchCalls::Change;
  using OnChange = std::function<void(Change, const Json&)>;
  void watch(kube::Resource resource, kube::WatchOptions options, OnChange on_change);
  void watch(kube::Place place, kube::WatchOptions options, OnChange on_change);
  void experiment_changed(Change change, const Json& object);
  void pod_changed(Change change, const Json& object);
  void node_changed(Change change, const Json& object);
  void namespace_changed(Change change, const Json& object);
  void agent_changed(Change change, const Json& object);
  void order_written(const std::string& experiment_uid);
  void order_seen(const std::string& experiment_uid);
  void remove_orders_of(const std::string& experiment_uid);

  void mark(const std::string& key, Duration within);
  void mark_all(Duration within);
  void mark_namespace(const std::string& ns);
  void mark_uid(const std::string& experiment_uid, Duration within);
  void mark_conflicts();
  void look();
  void synced();
  void began();
  void lost();
  void sweep();
  void trouble(const kube::ApiError& error);
  void tell(const std::string& line) const;

  kube::Client& client_;
  ControllerOptions options_;
  Inventory inventory_;
  spec::StopAll stop_all_;
  OrderBook book_;
  kube::ServerClock clock_;
  kube::EventRecorder events_;
  OrderWriter orders_;
  RecordingSweeper recordings_;
  Office office_;
  std::map<std::string, std::unique_ptr<ExperimentDesk>> desks_;  // by "namespace/name"
  std::map<std::string, std::string> keys_;                       // of desks, by UID
  std::set<std::string> marked_;
  Instant look_at_{};
  kube::Handle look_timer_;
  kube::Handle sweep_timer_;
  std::string last_trouble_;
  bool works_ = false;  // it leads, and knows all that there is
  std::vector<std::unique_ptr<kube::Watch>> watches_;
  std::unique_ptr<kube::Leader> leader_;
};

}  // namespace duress::controller
