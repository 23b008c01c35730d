// Carries out what was decided about orders, and keeps the book of them true: an order counts from
// the moment that it is sent, what a watch tells later never undoes what an answer told before, and
// where it is not known what came of a write, the object is read. It decides nothing. Owned by the
// controller, as the book is; one thread.
#pragma once

#include <functional>
#include <map>
#include <set>
#include <string>

#include "controller/decide.h"
#include "kube/client.h"

namespace duress::controller {

struct OrderCalls {
  std::function<WallTime()> now{};  // by the API server's clock
  // A write has ended, well or not: its experiment is to be looked at again.
  std::function<void(const std::string& experiment_uid)> on_written{};
  // What a node reports, or an order that somebody else changed or removed.
  std::function<void(const std::string& experiment_uid)> on_seen{};
  std::function<void(const kube::ApiError&)> on_trouble{};
};

class OrderWriter final {
 public:
  OrderWriter(kube::Client& client, OrderBook& book, OrderCalls calls)
      : client_(client), book_(book), calls_(std::move(calls)) {}
  OrderWriter(const OrderWriter&) = delete;
  OrderWriter& operator=(const OrderWriter&) = delete;
  ~OrderWriter() = default;

  void carry(const OrderAction& action);
  // The order stays what it is, and counts as before: it is never busy with this.
  void pass_on(const Passing& passing);
  // From the watch.
  void saw(const Json& node_stress);
  void gone(const Json& node_stress);

 private:
  struct Work {
    kube::Backoff backoff;
    kube::Pending pending{};
    kube::Handle timer{};
    kube::Pending passing{};
    kube::Handle passing_timer{};
  };
  Work& work_of(const std::string& name);
  void create(const OrderAction& action);
  void patch(const OrderAction& action);
  void remove(const OrderAction& action);
  void wrote(const std::string& name, const kube::Answer<Json>& answer);
  void removed(const std::string& name, const kube::Answer<Json>& answer);
  void passed_on(const std::string& name, const kube::Answer<Json>& answer);
  void failed(const std::string& name, const kube::ApiError& error);
  void read(const std::string& name);
  void settle(const std::string& name, OrderView view);
  void erase(const std::string& name);

  kube::Client& client_;
  OrderBook& book_;
  OrderCalls calls_;
  // Removed, while the watch is still at what came before: UIDs.
  std::set<std::string> dead_;
  std::map<std::string, Work> work_;  // by name: writes on their way, and how often they failed
};

}  // namespace duress::controller
